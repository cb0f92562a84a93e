#!/usr/bin/env python3
"""Makes a hive cost what it says and not what it has.

    one_bin.py HIVE [SIZE]

The hive gets one bin in place of its many, of SIZE bytes if that is given (the rest is a hole in the file),
and each key's cell claims all that follows it there.
"""
import functools
import operator
import os
import struct
import sys

path = sys.argv[1]
hive = bytearray(open(path, "rb").read())
size = int(sys.argv[2]) if len(sys.argv) > 2 else len(hive) - 4096

at = 4096
while at < len(hive):
    step = struct.unpack_from("<I", hive, at + 8)[0]
    if at > 4096:
        struct.pack_into("<I", hive, at, 32)  # the header of this bin becomes a free cell
    at += step
struct.pack_into("<I", hive, 4096 + 8, size)

keys = []
at = 4096 + 32
while at < len(hive):
    if hive[at + 4 : at + 6] == b"nk":
        keys.append(at)
    at += abs(struct.unpack_from("<i", hive, at)[0])
for at in keys:
    struct.pack_into("<i", hive, at, at - 4096 - size)

struct.pack_into("<I", hive, 40, size)
struct.pack_into("<I", hive, 508, functools.reduce(operator.xor, struct.unpack_from("<127I", hive)))
with open(path, "wb") as file:
    file.write(hive)
os.truncate(path, 4096 + size)
