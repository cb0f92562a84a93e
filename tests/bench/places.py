#!/usr/bin/env python3
"""Places and packings: the same hives must give the same rows, or exit 2 with the reason.

    tests/bench/places.py GOLDHIVE FOLDER-OF-HIVES

Packs each hive of the folder in six ways and puts each of these into five containers, at depths of 0 to 4
folders. Compares the findings with those of the hive as it lies, and prints a table; exits with 1 if anything
is neither the same nor undetermined with a reason. Needs gzip, xz, zip, 7z, tar, zstd, mkntfs, ntfscp, xorriso
and wimlib-imagex; what is missing is said and left out.
"""
import collections
import json
import os
import shutil
import subprocess
import sys
import tempfile

PACKINGS = {
    "plain": None,
    "gz": "gzip -c {hive} > {out}.gz",
    "xz": "xz -T1 -0 -c {hive} > {out}.xz",
    "zip": "zip -qj {out}.zip {hive}",
    "encrypted zip": "zip -qj -P secret {out}.zip {hive}",
    "7z": "7z a -bd -bso0 -mx1 {out}.7z {hive}",
    "tar.zst": "mkdir -p {out}.d/qx7f && cp {hive} {out}.d/qx7f && tar --zstd -C {out}.d -cf {out}.tar.zst qx7f"
               " && rm -r {out}.d",
}
CONTAINERS = {
    "folder": "cp -r {tree} {out}",
    "tar.gz": "tar -C {tree} -czf {out} .",
    "zip": "cd {tree} && zip -qr - . > {out}",
    "iso": "xorriso -as mkisofs -quiet -J -o {out} {tree} 2>/dev/null",
    "wim": "wimlib-imagex capture {tree} {out} name --compress=none >/dev/null 2>&1",
}


def run(command):
    subprocess.run(["sh", "-ec", command], check=True)


def scan(goldhive, path):
    done = subprocess.run([goldhive, "scan", "-f", "json", "--depth", "2", path], capture_output=True, text=True)
    try:
        report = json.loads(done.stdout)
    except ValueError:
        return done.returncode, None, done.stderr.strip()
    rows = sorted(
        (f["id"], f["view"] or "", f["control_set"] or "", f["subject"] or "", f["verdict"], f["message"])
        for t in report["targets"] for i in t["installations"] for f in i["findings"] if f["id"] != "hive.state")
    reason = "; ".join(t["error"]["message"] for t in report["targets"] if t["error"])
    return done.returncode, rows, reason or done.stderr.strip()


def hives_of(folder):
    for here, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            path = os.path.join(here, name)
            with open(path, "rb") as file:
                head = file.read(516)
            if head[:4] == b"regf" and head[512:516] not in (b"DIRT", b"HvLE"):
                yield path


def main():
    goldhive, folder = os.path.abspath(sys.argv[1]), sys.argv[2]
    hives = list(hives_of(folder))
    if not hives:
        sys.exit(f"no hives in {folder}")
    table = collections.defaultdict(collections.Counter)
    reasons = collections.defaultdict(collections.Counter)
    bad = []
    with tempfile.TemporaryDirectory() as work:
        for hive in hives:
            lone = os.path.join(work, "lone")
            shutil.rmtree(lone, ignore_errors=True)
            os.mkdir(lone)
            own = shutil.copy(hive, os.path.join(lone, "export-2016"))
            code, expected, why = scan(goldhive, own)
            for packing, command in PACKINGS.items():
                packed = os.path.join(work, "packed")
                shutil.rmtree(packed, ignore_errors=True)
                os.mkdir(packed)
                out = os.path.join(packed, "blob")
                if command is None:
                    shutil.copy(hive, out)
                else:
                    run(command.format(hive=own, out=out))
                for depth in range(5):
                    tree = os.path.join(work, "tree")
                    shutil.rmtree(tree, ignore_errors=True)
                    inner = os.path.join(tree, *"abcd"[:depth])
                    os.makedirs(os.path.dirname(inner), exist_ok=True)
                    shutil.copytree(packed, inner, dirs_exist_ok=True)
                    for container, make in CONTAINERS.items():
                        target = os.path.join(work, "target")
                        shutil.rmtree(target, ignore_errors=True)
                        if os.path.isfile(target):
                            os.remove(target)
                        run(make.format(tree=tree, out=target))
                        got, rows, reason = scan(goldhive, target)
                        reason = reason.replace(work, "").replace("\n", " ")
                        if not expected and not rows:
                            result = "no rows"  # another kind of hive: nothing to compare
                        elif rows == expected and got == code:
                            result = "same"
                        elif got == 2 and reason:
                            result = "exit 2"
                            reasons[packing, container][reason[:150]] += 1
                        else:
                            result = "WRONG"
                            bad.append((hive, packing, container, depth, got, reason))
                        table[packing, container][result] += 1
    print("| packed as | " + " | ".join(CONTAINERS) + " |")
    print("|---" * (len(CONTAINERS) + 1) + "|")
    for packing in PACKINGS:
        cells = [", ".join(f"{n} {what}" for what, n in sorted(table[packing, c].items())) for c in CONTAINERS]
        print(f"| {packing} | " + " | ".join(cells) + " |")
    for (packing, container), seen in reasons.items():
        for reason, count in seen.most_common(3):
            print(f"{packing} in {container}: {count} x {reason}")
    for row in bad:
        print("WRONG:", *row)
    return 1 if bad else 0


sys.exit(main())
