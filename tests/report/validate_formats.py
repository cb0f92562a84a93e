#!/usr/bin/env python3
"""Reads the golden reports of tests/report/golden that are no JSON by programs that are not ours.

usage: validate_formats.py FOLDER

Exits 77 (skipped) where a program is missing, unless GOLDHIVE_NO_SKIPS is set, 1 for a failure.
"""

import base64
import csv
import hashlib
import html.parser
import json
import os
import pathlib
import shutil
import subprocess
import sys

FAULTS, MISSING = [], []


def check_csv(path):
    data = path.read_bytes()
    lines = data.decode("utf-8").split("\r\n")
    if not data.startswith(b"\xef\xbb\xbf") or lines[-1] != "" or "\n" in "".join(lines):
        FAULTS.append(f"{path}: not UTF-8 with a mark and lines that end with CRLF")
    with open(path, newline="", encoding="utf-8-sig") as file:
        rows = list(csv.reader(file, strict=True))
    if len({len(row) for row in rows}) != 1 or len(set(rows[0])) != len(rows[0]) or len(rows) < 2:
        FAULTS.append(f"{path}: not a table")


def check_junit(path):
    if not shutil.which("xmllint"):
        MISSING.append("skipped: no xmllint (libxml2-utils)")
        return
    schema = pathlib.Path(__file__).with_name("junit.xsd")
    call = ["xmllint", "--noout", "--nonet", "--schema", str(schema), str(path)]
    done = subprocess.run(call, capture_output=True, text=True)
    if done.returncode != 0:
        FAULTS.append(done.stderr)


def check_sarif(path):
    try:
        import jsonschema
    except ImportError:
        MISSING.append("skipped: no python3-jsonschema")
        return
    schema = json.loads(pathlib.Path(__file__).with_name("sarif.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    document = json.loads(path.read_text(encoding="utf-8"))
    for error in jsonschema.Draft202012Validator(schema).iter_errors(document):
        FAULTS.append(f"{path}: {'/'.join(map(str, error.absolute_path))}: {error.message}")
    run = document["runs"][0]
    rules = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    marks = [result["partialFingerprints"]["goldhiveRow/v1"] for result in run["results"]]
    if not {result["ruleId"] for result in run["results"]} <= rules:
        FAULTS.append(f"{path}: a result has no rule")
    if len(set(marks)) != len(marks):
        FAULTS.append(f"{path}: two results have one fingerprint")


class Page(html.parser.HTMLParser):
    """What a browser would make of a page, as far as it can load, run or miss something."""

    EMPTY = {"meta", "input", "br"}

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.faults, self.ids, self.links, self.inline, self.rules = [], [], [], [], {}, ""

    def handle_starttag(self, tag, attrs):
        if tag not in self.EMPTY:
            self.open.append(tag)
        given = dict(attrs)
        self.ids += [given["id"]] if "id" in given else []
        if tag == "meta" and given.get("http-equiv") == "Content-Security-Policy":
            self.rules = given["content"]
        for name, value in given.items():
            if name.startswith("on") or name in ("src", "style", "action", "srcset", "data"):
                self.faults.append(f"<{tag} {name}>")
            if name == "href":
                self.links.append(value)
        if tag == "th" and given.get("scope") not in ("row", "col"):
            self.faults.append("<th> without scope")
        if tag in ("link", "img", "iframe", "object", "embed", "base"):
            self.faults.append(f"<{tag}>")

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> ends something else")

    def handle_data(self, data):
        if self.open and self.open[-1] in ("style", "script"):
            self.inline[self.open[-1]] = self.inline.get(self.open[-1], "") + data


def check_html(path):
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    page.close()
    for link in page.links:
        if not link.startswith("#") or link[1:] not in page.ids:
            page.faults.append(f"a link leads nowhere: {link}")
    if len(set(page.ids)) != len(page.ids):
        page.faults.append("an id stands twice")
    if page.open:
        page.faults.append(f"not ended: {page.open}")
    for tag in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(page.inline[tag].encode()).digest()).decode()
        if f"{tag}-src 'sha256-{digest}'" not in page.rules:
            page.faults.append(f"the policy of the page does not let its {tag} run")
    if not page.rules.startswith("default-src 'none';"):
        page.faults.append("the policy of the page lets something load")
    FAULTS.extend(f"{path}: {fault}" for fault in page.faults)


CHECKS = {
    "sample.csv": check_csv,
    "sample.junit.xml": check_junit,
    "sample.sarif": check_sarif,
    "sample.html": check_html,
    "compare.html": check_html,
    "compare.csv": check_csv,
    "compare.junit.xml": check_junit,
    "compare.sarif": check_sarif,
}


def main():
    folder = pathlib.Path(sys.argv[1])
    for name, check in CHECKS.items():
        check(folder / name)
    for text in FAULTS + MISSING:
        print(text)
    print(f"{len(CHECKS)} reports read, {len(FAULTS)} faults")
    if FAULTS or (MISSING and "GOLDHIVE_NO_SKIPS" in os.environ):
        return 1
    return 77 if MISSING else 0


sys.exit(main())
