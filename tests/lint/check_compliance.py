#!/usr/bin/python3
"""Every row of otel/COMPLIANCE.md that says yes names a test that is there, every other says why,
and the count above them is right."""

import re
import sys

import tree

PAGE = tree.ROOT / "otel/COMPLIANCE.md"
ROW = re.compile(r"\| (?P<name>.+?) \| (?P<word>yes|no|n\.a\.) \| (?P<text>.*) \|")
TEST = re.compile(r"`(\S+\.(?:c|py))` `(test_\w+)`")


def problem(row):
    if row["word"] != "yes":
        return None if row["text"].strip() else "says no reason"
    found = TEST.fullmatch(row["text"])
    if not found:
        return "names no test"
    file, name = found.groups()
    for folder in ("tests", "tests/unit/otel"):
        path = tree.ROOT / folder / file
        if path.is_file() and re.search(rf"(def|void) {name}\(", path.read_text("utf-8")):
            return None
    return f"names {name} of {file}, which is not there"


def main():
    text = PAGE.read_text("utf-8")
    rows = [found.groupdict() for found in map(ROW.fullmatch, text.splitlines()) if found]
    wrong = [f"otel/COMPLIANCE.md: {row['name']} {said}" for row in rows if (said := problem(row))]
    count = {word: sum(row["word"] == word for row in rows) for word in ("yes", "no", "n.a.")}
    said = (f"{len(rows)} rows: {count['yes']} yes, {count['no']} no, "
            f"{count['n.a.']} not applicable.")
    if said not in text:
        wrong.append(f"otel/COMPLIANCE.md: the count is not right; it is: {said}")
    print("\n".join(wrong), end="\n" if wrong else "")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
