#!/usr/bin/env python3
"""Makes journals and records of goldhive with right seals, as an attacker can (docs/journal-format.md, version 1).

    forge.py journal OUT TARGET... RECORD...
        TARGET  NAME=SIZE
        RECORD  N@OFFSET:OLD:NEW[:NEW...]   bytes of the N-th target, in hexadecimal; a byte "xx*COUNT" is
                                            repeated; NEW "any" stands for 256 edits, one for each byte
    forge.py record OUT NAME OLD_FILE NEW_FILE
        the record of a replacement of NAME, with the sizes and digests of two files
        SIZE may be OLD-NEW, for a target that grows
    forge.py holes OUT NAME SIZE [RECORDS]
        a journal of a target of SIZE bytes, whose records are holes
    forge.py claim OUT SIZE
        the head of a journal of SIZE bytes, most of them a hole
"""
import hashlib
import os
import struct
import sys

BLOCK = 4096


def sealed(body):
    return body + hashlib.sha256(body).digest()


def block_of(text):
    """The bytes that TEXT stands for, filled up with zeros to a whole block."""
    byte, _, count = text.partition("*")
    data = bytes.fromhex(byte) * int(count or 1)
    return data.ljust(-(-len(data) // BLOCK) * BLOCK, b"\0")


def journal(targets, records):
    body = b""
    for name, old_size, new_size in targets:
        name = name.encode()
        sizes = struct.pack("<QQ", old_size, new_size)
        body += struct.pack("<I", len(name)) + name + sizes + hashlib.sha256().digest()
    for target, offset, old, edits in records:
        body += struct.pack("<IIQI", target, len(edits), offset, len(old)) + old
        for edit in edits:
            body += struct.pack("<II", 0, len(edit)) + edit
    head = struct.pack("<IIQIIII", 1, 0, 64 + len(body) + 32, len(targets), len(records), 0, 0)
    return sealed(b"goldhive" + head + bytes(24) + body)


def holes(out, name, size, records=None):
    mega = 1 << 20
    records = int(records or int(size) // mega)
    whole = journal([(name, int(size), int(size))], [])
    head, at = bytearray(whole[:-32]), len(whole) - 32
    length = at + records * (20 + mega + 8 * (8 + mega)) + 32
    struct.pack_into("<Q", head, 16, length)
    struct.pack_into("<I", head, 28, records)
    with open(out, "wb") as file:
        file.write(head)
        for n in range(records):
            file.seek(at)
            file.write(struct.pack("<IIQI", 0, 8, n * mega, mega))
            at += 20 + mega
            for _ in range(8):
                file.seek(at)
                file.write(struct.pack("<II", 0, mega))
                at += 8 + mega
        file.truncate(length)


def record(name, old_file, new_file):
    contents = [open(file, "rb").read() for file in (old_file, new_file)]
    body = b"goldrepl" + struct.pack("<IIII", 1, 0, 0, len(name.encode()))
    body += struct.pack("<QQ", *(len(content) for content in contents))
    body += b"".join(hashlib.sha256(content).digest() for content in contents)
    return sealed(body + name.encode())


def main(kind, out, *rest):
    if kind == "holes":
        return holes(out, *rest)
    if kind == "record":
        data = record(*rest)
    elif kind == "claim":
        data = b"goldhive" + struct.pack("<IIQIIII", 1, 0, int(rest[0]), 1, 1, 0, 0) + bytes(24)
    else:
        targets, records = [], []
        for text in rest:
            if "@" not in text:
                name, size = text.rsplit("=", 1)
                old_size, _, new_size = size.partition("-")
                targets.append((name, int(old_size), int(new_size or old_size)))
                continue
            place, old, *edits = text.split(":")
            target, offset = place.split("@")
            old = block_of(old)
            new = []
            for edit in edits:
                new += [bytes([byte]) * len(old) for byte in range(256)] if edit == "any" else [block_of(edit)]
            records.append((int(target), int(offset), old, new))
        data = journal(targets, records)
    with open(out, "wb") as file:
        file.write(data)
        if kind == "claim":
            os.ftruncate(file.fileno(), int(rest[0]))


main(*sys.argv[1:])
