#!/usr/bin/python3
"""What every text of the tree must hold: no path of one machine, links that lead somewhere, no
white space at the ends of lines."""

import re
import sys

import tree

BINARY = {".png", ".gz", ".db", ".jpg", ".ico", ".woff2"}
# A folder that only one machine has. A system folder (/etc, /usr, /dev/shm) is no such thing.
MACHINE = re.compile(r"(?<![\w.$}])/(?:work|root|mnt|media)/|(?<![\w.$}])/home/\w+/|/tmp/build")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")


def anchors(text):
    """The anchors that a hosted page gives to the headings."""
    for heading in re.findall(r"^#+\s+(.*)$", text, re.MULTILINE):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def links(path, text):
    for number, line in enumerate(re.sub(r"`[^`\n]*`", "", text).splitlines(), 1):
        for match in LINK.finditer(line):
            target, _, anchor = (match[1] or match[2]).partition("#")
            if re.match(r"[a-z]+:", target):
                continue
            file = tree.ROOT / path.parent / target if target else tree.ROOT / path
            if not file.exists():
                yield f"{path}:{number}: the link leads nowhere: {target}"
            elif anchor and file.suffix == ".md" and anchor not in anchors(file.read_text()):
                yield f"{path}:{number}: no such heading: #{anchor}"


def main():
    problems = []
    for path in tree.files():
        if path.suffix in BINARY or path.parts[:2] == ("tests", "lint") or path.parts[:3] == ("tests", "fuzz", "corpus"):
            continue
        text = tree.text(path)
        for number, line in enumerate(text.splitlines(), 1):
            if MACHINE.search(line) or str(tree.ROOT) + "/" in line:
                problems.append(f"{path}:{number}: a path of one machine")
            if line != line.rstrip() and path.suffix not in (".md", ".txt", ".json", ".hex"):
                problems.append(f"{path}:{number}: white space at the end of the line")
        if path.suffix == ".md":
            problems += links(path, text)
    return tree.finish(problems)


if __name__ == "__main__":
    sys.exit(main())
