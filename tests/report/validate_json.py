#!/usr/bin/env python3
"""Validates JSON reports against docs/report.schema.json.

usage: validate_json.py SCHEMA FOLDER

Every golden/*.json below FOLDER is a report; of a golden/*.jsonl the first line is its head, the last one its end, and
each between them a target; those called compare* are comparisons. The published schema lets
unknown fields pass, so that a reader of it survives an addition; here every object is closed first,
so that a field which the schema does not describe is a failure. Exits 77 (skipped) without
python3-jsonschema, unless GOLDHIVE_NO_SKIPS is set, 1 for a failure or when there was nothing to validate.
"""

import json
import os
import pathlib
import sys

try:
    import jsonschema
except ImportError:
    print("skipped: no python3-jsonschema")
    sys.exit(1 if "GOLDHIVE_NO_SKIPS" in os.environ else 77)


def close(schema):
    if isinstance(schema, dict):
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
        for part in schema.values():
            close(part)
    elif isinstance(schema, list):
        for part in schema:
            close(part)


def main():
    schema_file, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    schema = json.loads(pathlib.Path(schema_file).read_text(encoding="utf-8"))
    close(schema)
    jsonschema.Draft202012Validator.check_schema(schema)
    report = jsonschema.Draft202012Validator(schema)
    whole = {"$id": "report", **schema}
    registry = {"report": whole}

    def part(name):
        resolver = jsonschema.RefResolver("report", whole, registry)
        return jsonschema.Draft202012Validator({"$ref": f"report#/$defs/{name}"}, resolver=resolver)

    def parts_of(path):
        """Of a document, and of the first line, the last one, and one between them."""
        if path.name.startswith("compare"):
            return part("comparison"), part("comparison_head"), part("comparison_end"), part("installation_change")
        return report, part("head"), part("end"), part("target")

    checked, failed = 0, 0

    def validate(validator, text, name):
        nonlocal checked, failed
        checked += 1
        for error in validator.iter_errors(json.loads(text)):
            failed += 1
            print(f"{name}: {'/'.join(map(str, error.absolute_path))}: {error.message}")

    for path in sorted(folder.rglob("golden/*.json")):
        validate(parts_of(path)[0], path.read_text(encoding="utf-8"), path)
    for path in sorted(folder.rglob("golden/*.jsonl")):
        lines = path.read_text(encoding="utf-8").splitlines()
        _, head, end, target = parts_of(path)
        for number, line in enumerate(lines, 1):
            kind = head if number == 1 else end if number == len(lines) else target
            validate(kind, line, f"{path}:{number}")
    print(f"{checked} documents checked, {failed} faults")
    return 1 if failed or not checked else 0


sys.exit(main())
