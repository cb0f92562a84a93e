#!/usr/bin/env python3
"""Edits one hive in turn with reged, hivexregedit and goldhive, at random.

    tests/bench/turns.py BUILD_DIR [--edits N] [--seeds N] [--names ascii|any] [HIVE...]

Whatever the others left in it, goldhive must make its edit: no refusal, hivex reads the whole hive and
sees that edit and no other, `goldhive verify` finds nothing that refuses an edit, no number that is
wrong, and no more faults than before. REGFCHECK names an external checker (a command that prints
`"errors": N`): it must find none after an edit of goldhive, or no more than before with `--names any`,
since hivex writes wrong hashes for names that are not ASCII.

Without HIVE: SOFTWARE and SYSTEM of a recipe, the same with lists of kind lf, and the hives of
GOLDHIVE_CORPUS (its folder real/) if set. Each is copied first.
"""

import argparse
import collections
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

TYPES = [
    "REG_NONE", "REG_SZ", "REG_EXPAND_SZ", "REG_BINARY", "REG_DWORD", "REG_DWORD_BIG_ENDIAN",
    "REG_LINK", "REG_MULTI_SZ", "REG_RESOURCE_LIST", "REG_FULL_RESOURCE_DESCRIPTOR",
    "REG_RESOURCE_REQUIREMENTS_LIST", "REG_QWORD",
]  # fmt: skip
PROTOCOLS = "ControlSet001\\Control\\SecurityProviders\\SCHANNEL\\Protocols"
SETTINGS = "Microsoft\\Windows\\CurrentVersion\\Internet Settings\\WinHttp"
VIEWS = ["", "Wow6432Node\\"]


class Kind:
    """Where edits of a hive go: keys for all tools, and values that goldhive sets."""

    def __init__(self, name):
        self.name = name
        self.prefix = "HKEY_LOCAL_MACHINE\\" + name
        if name == "SYSTEM":
            versions = ["SSL 2.0", "SSL 3.0", "TLS 1.0", "TLS 1.1", "TLS 1.2"]
            self.keys = [f"{PROTOCOLS}\\{v}\\{s}" for v in versions for s in ("Client", "Server")]
            self.ours = [
                (f"{PROTOCOLS}\\{v}\\{s}", value)
                for v in ("TLS 1.1", "TLS 1.2")
                for s in ("Client", "Server")
                for value in ("Enabled", "DisabledByDefault")
            ]
            self.keys += [f"ControlSet001\\services\\Turn{i}" for i in range(40)]
        else:
            self.keys = [view + SETTINGS for view in VIEWS]
            self.ours = [(view + SETTINGS, "DefaultSecureProtocols") for view in VIEWS]
            self.ours += [
                (f"{view}Microsoft\\.NETFramework\\{version}", value)
                for view in VIEWS
                for version in ("v2.0.50727", "v4.0.30319")
                for value in ("SchUseStrongCrypto", "SystemDefaultTlsVersions")
            ]
            self.keys += [f"Microsoft\\Turn{i}" for i in range(40)]
            self.keys += [f"Policies\\Microsoft\\Turn\\{i}" for i in range(10)]


def run(*command, **options):
    return subprocess.run(command, capture_output=True, **options)


class Hive:
    def __init__(self, goldhive, original, kind, chance, any_names):
        self.goldhive = goldhive
        self.kind = kind
        self.chance = chance
        self.folder = tempfile.mkdtemp(prefix="goldhive-turns-")
        self.path = os.path.join(self.folder, kind.name)
        shutil.copyfile(original, self.path)
        below = ["Sub", "sub2", "Aaa", "Zzz"]
        self.keys = kind.keys + [f"{key}\\{name}" for key in kind.keys for name in below]
        self.keys_for_reged = self.keys
        if any_names:
            # reged knows ASCII alone, and puts keys in a wrong order beside other names. Windows
            # drops those, so goldhive rightly refuses such a hive: reged keeps away from them.
            abroad = tuple(key for key in kind.keys if "Turn" in key and int(key[-1]) % 2 == 0)
            self.keys_for_reged = [key for key in self.keys if not key.startswith(abroad)]
            self.keys += [f"{key}\\{name}" for key in abroad for name in ("Größe", "ключ", "日本")]
        self.names = ["alpha", "Beta", "gamma ray", "x", "Zulu", "a name that is far longer than those"]
        self.names += ["Größe", "ключ"] if any_names else []
        self.own_names = sorted({value for _, value in kind.ours})
        self.any_names = any_names
        self.done = collections.Counter()

    def close(self):
        shutil.rmtree(self.folder)

    # ---- what the hive is

    def tree(self):
        """Every key, and every value with what hivex reads of it; a name twice is there twice."""
        got = run("hivexml", self.path)
        if got.returncode != 0:
            raise AssertionError("hivex cannot read the hive: " + got.stderr.decode())
        found = collections.Counter()

        def walk(node, path):
            found[path.lower()] += 1
            for child in node:
                if child.tag == "node":
                    walk(child, f"{path}\\{child.get('name')}")
                elif child.tag == "value":
                    texts = tuple(part.text for part in child if part.tag == "string")
                    what = (child.get("type"), child.get("encoding"), child.get("value"), texts)
                    found[(path.lower(), (child.get("key") or "").lower(), what)] += 1

        walk(xml.etree.ElementTree.fromstring(got.stdout).find("node"), "")
        return found

    def faults(self):
        got = run(self.goldhive, "verify", "--format", "json", self.path)
        check = json.loads(got.stdout)["targets"][0]["hive_checks"][0]
        return collections.Counter(fault["code"] for fault in check["faults"]), check

    def external_errors(self):
        if not os.environ.get("REGFCHECK"):
            return None
        got = run(*os.environ["REGFCHECK"].split(), self.path)
        return int(re.search(rb'"errors": (\d+)', got.stdout).group(1))

    def value(self, key, name):
        """As a plan states it; None where it is absent."""
        got = run("hivexregedit", "--export", self.path, "\\" + key)
        if got.returncode != 0:
            return None
        section = got.stdout.decode(errors="replace").split("]\n", 1)[1].split("\n[", 1)[0]
        for line in section.splitlines():
            match = re.fullmatch(r'"(.*?)"=(?:dword:(\w+)|hex\((\w+)\):(.*)|hex:(.*))', line)
            if not match or match.group(1).lower() != name.lower():
                continue
            if match.group(2):
                return {"type": "REG_DWORD", "data": f"0x{int(match.group(2), 16):x}"}
            kind = int(match.group(3), 16) if match.group(3) else 3
            return {"type": TYPES[kind], "data": "hex:" + (match.group(4) or match.group(5) or "")}
        return None

    # ---- edits

    def data(self):
        kind = self.chance.random()
        if kind < 0.4:
            return f"dword:{self.chance.getrandbits(32):08x}"
        if kind < 0.7:
            length = self.chance.choice([0, 1, 3, 20, 300])
            return '"' + "".join(self.chance.choice("abcdef ") for _ in range(length)) + '"'
        size = self.chance.choice([1, 4, 5, 100, 3000])
        return "hex:" + ",".join(f"{self.chance.getrandbits(8):02x}" for _ in range(size))

    def write_reg(self, sections):
        text = "Windows Registry Editor Version 5.00\r\n\r\n"
        for key, lines in sections:
            text += f"[{key}]\r\n" + "".join(line + "\r\n" for line in lines) + "\r\n"
        path = os.path.join(self.folder, "edit.reg")
        with open(path, "w", encoding="utf-8", newline="") as out:
            out.write(text)
        return path

    def some_values(self):
        """Mostly each name once; sometimes one twice, but for those that goldhive sets."""
        names = [self.chance.choice(self.names + self.own_names) for _ in range(self.chance.randint(0, 3))]
        seen = set()
        lines = []
        for name in names:
            if name not in seen or (name in self.names and self.chance.random() < 0.3):
                lines.append(f'"{name}"={self.data()}')
            seen.add(name)
        return lines

    def by_reged_import(self):
        # It dies of a value that is to be deleted.
        names = self.names
        self.names = [name for name in names if name.isascii()]
        key = self.chance.choice(self.keys_for_reged)
        file = self.write_reg([(f"{self.kind.prefix}\\{key}", self.some_values())])
        self.names = names
        got = run("reged", "-C", "-I", self.path, self.kind.prefix, file)
        self.done[f"reged -I: {got.returncode}"] += 1

    def by_reged_editor(self):
        key = self.chance.choice(self.keys_for_reged)
        above, _, name = key.rpartition("\\")
        value = self.chance.choice(["v1", "v2", "alpha"] + self.own_names)
        what = self.chance.choice(["nk", "nv", "dv", "dk", "rdel"])
        commands = {
            "nk": f"cd {above}\nnk new{self.chance.randint(0, 9)}\n",
            "nv": f"cd {key}\nnv 4 {value}\n",
            "dv": f"cd {key}\ndv {value}\n",
            "dk": f"cd {above}\ndk {name}\n",
            "rdel": f"cd {above}\nrdel {name}\n",
        }
        got = run("reged", "-C", "-e", self.path, input=(commands[what] + "q\n").encode())
        self.done[f"reged {what}: {got.returncode}"] += 1

    def by_hivexregedit(self):
        key = f"{self.kind.prefix}\\{self.chance.choice(self.keys)}"
        parts = key.split("\\")
        parents = [("\\".join(parts[:i]), []) for i in range(2, len(parts))]  # it makes none itself
        what = self.chance.random()
        if what < 0.15:
            sections = [("-" + key, [])]
        elif what < 0.3:
            sections = parents + [(key, [f'"{self.chance.choice(self.names)}"=-'])]
        else:
            sections = parents + [(key, self.some_values())]
        arguments = ["--merge", "--prefix", self.kind.prefix, "--encoding", "UTF-8"]
        got = run("hivexregedit", *arguments, self.path, self.write_reg(sections))
        self.done[f"hivexregedit: {got.returncode}"] += 1

    def by_goldhive(self):
        key, name = self.chance.choice(self.kind.ours)
        before = self.value(key, name)
        after = {"type": "REG_DWORD", "data": self.chance.choice(["0x0", "0x1", "0xa00", "0x800"])}
        if before == after:
            return
        change = {"hive": self.kind.name, "key": key, "value": name, "before": before, "after": after}
        entry = {"target": self.path, "id": self.path, "changes": [change]}
        plan = {"kind": "goldhive-plan", "schema": 1, "policy": "baseline", "installations": [entry]}
        plan_file = os.path.join(self.folder, "plan.json")
        with open(plan_file, "w", encoding="utf-8") as out:
            json.dump(plan, out)
        tree, (faults, _), errors = self.tree(), self.faults(), self.external_errors()
        got = run(self.goldhive, "patch", "--no-undo", "--plan", plan_file, "-f", "json", self.path)
        target = json.loads(got.stdout)["targets"][0]
        if target["error"] or not target["installations"][0]["changed"]:
            raise AssertionError(f"refused: {got.stderr.decode().strip()}")
        self.done["goldhive"] += 1
        self.require_edit(tree, key, name, int(after["data"], 16))
        self.require_sound(faults, errors)

    # ---- what must hold after an edit of goldhive

    def require_edit(self, before, key, name, number):
        after = self.tree()
        path = "\\" + key.lower()
        parts = path.split("\\")
        keys = {"\\".join(parts[:i]) for i in range(1, len(parts) + 1)}
        new, gone = after - before, before - after
        wanted = (path, name.lower(), ("int32", None, str(number), ()))
        if after[wanted] != 1 or any(item not in keys and item != wanted for item in new):
            raise AssertionError(f"hivex reads another edit: {list(new)[:5]}")
        if any(isinstance(item, str) or item[:2] != (path, name.lower()) for item in gone):
            raise AssertionError(f"hivex misses what was there: {list(gone)[:5]}")

    def require_sound(self, before, errors_before):
        faults, check = self.faults()
        numbers = {"security-count-too-low", "max-length-too-small"}
        if not check["safe_to_edit"] or numbers & set(faults) or faults - before:
            raise AssertionError(f"faults: {dict(before)}, then {dict(faults)}")
        errors = self.external_errors()
        if errors is not None and errors > (errors_before if self.any_names else 0):
            raise AssertionError(f"the external checker finds {errors} errors, {errors_before} before")


def hives_of_recipes(build, folder):
    fixtures = os.path.join(build, "fixtures", "goldhive-fixtures")
    found = []
    subprocess.run([fixtures, "make", "windows-7-sp1-x64", folder], check=True, capture_output=True)
    for name in ("SOFTWARE", "SYSTEM"):
        found.append((name, os.path.join(folder, "Windows/System32/config", name)))
    old = os.path.join(folder, "old")
    os.mkdir(old)
    text = os.path.join(old, "SYSTEM.reg")
    with open(text, "w", encoding="utf-8") as out:
        out.write('[Select]\n"Current"=dword:1\n"Default"=dword:1\n"Failed"=dword:0\n"LastKnownGood"=dword:1\n')
        out.write(f"[{PROTOCOLS}\\SSL 2.0\\Client]\n" + '"DisabledByDefault"=dword:1\n')
        out.write("[ControlSet001\\Services\\Some{001..300}]\n" + '"Start"=dword:3\n')
    lists = ["--minor", "3", "--lists", "lf"]
    subprocess.run([fixtures, "hive", text, os.path.join(old, "SYSTEM"), *lists], check=True, capture_output=True)
    found.append(("SYSTEM with lf lists", os.path.join(old, "SYSTEM")))
    return found


def turns(goldhive, label, original, seed, options):
    name = os.path.basename(original).split(".")[0].upper()
    hive = Hive(goldhive, original, Kind(name), random.Random(f"{label} {seed}"), options.names == "any")
    tools = [hive.by_reged_import, hive.by_reged_editor, hive.by_hivexregedit, hive.by_goldhive]
    step = 0
    try:
        for step in range(options.edits):
            hive.chance.choice(tools)()
        print(f"ok: {label}, seed {seed}: {hive.done['goldhive']} of {options.edits} edits by goldhive")
        if options.verbose:
            print("    " + ", ".join(f"{what} {n}" for what, n in sorted(hive.done.items())))
    except AssertionError as problem:
        print(f"BAD: {label}, seed {seed}, edit {step + 1}: {problem}; the hive: {hive.path}")
        return False
    hive.close()
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build")
    parser.add_argument("--edits", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--names", choices=["ascii", "any"], default="ascii")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("hives", nargs="*")
    options = parser.parse_intermixed_args()
    missing = [tool for tool in ("reged", "hivexregedit", "hivexml") if not shutil.which(tool)]
    if missing:
        print(f"SKIPPED: {', '.join(missing)} not installed (chntpw, libwin-hivex-perl, libhivex-bin)")
        return 1
    build = os.path.abspath(options.build)
    with tempfile.TemporaryDirectory(prefix="goldhive-turns-") as folder:
        hives = [(os.path.basename(path), path) for path in options.hives]
        if not hives:
            hives = hives_of_recipes(build, folder)
            real = os.path.join(os.environ.get("GOLDHIVE_CORPUS", ""), "real")
            if os.environ.get("GOLDHIVE_CORPUS"):
                hives += [("real " + name, os.path.join(real, name)) for name in sorted(os.listdir(real))]
            else:
                print("SKIPPED: real hives: GOLDHIVE_CORPUS is not set")
        goldhive = os.path.join(build, "goldhive")
        results = [turns(goldhive, label, path, seed, options) for label, path in hives for seed in range(1, options.seeds + 1)]
    print(f"{len(results)} runs, {results.count(False)} bad")
    return 1 if False in results else 0


if __name__ == "__main__":
    sys.exit(main())
