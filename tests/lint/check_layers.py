#!/usr/bin/python3
"""Who may include whom: the table of folders, made executable. Includes run one way (down), so a
circle cannot come in. Prints file:line and the rule that is broken."""

import re
import sys
from pathlib import Path

import tree

# What -I reaches, in the compiler's order (Makefile).
SEARCH = (Path("otel/include"), Path("otel"), Path("fcgi_app"))

# Headers of libraries; every other <header> is taken for libc.
LIBRARIES = {
    "fcgi": r"fcgi\w*\.h|fastcgi\.h",
    "sqlite": r"sqlite3\w*\.h",
    "curl": r"curl/.*",
    "zlib": r"zlib\.h",
    "json-c": r"json-c/.*|json\.h",
    "yaml": r"yaml\.h",
    "dw": r"elfutils/.*|dwarf\.h|libelf\.h|gelf\.h|elf\.h",
    "cmocka": r"cmocka\.h",
}

HANDLERS = ("fcgi_app/http", "fcgi_app/view", "fcgi_app/store/store.h", "fcgi_app/app.h",
            "fcgi_app/config.h", "fcgi_app/router.h", "otel/include", "otel/base")

# folder: (folders or headers of ours, libraries). A folder may always include itself; the
# longest folder that holds the file decides.
RULES = {
    "otel/base": ((), ()),
    "otel/include": ((), ()),
    # otel/include is plain data, the vocabulary that all of otel shares.
    "otel/segment": (("otel/base", "otel/include"), ()),
    "otel/record": (("otel/include", "otel/segment", "otel/base"), ()),
    "otel/hooks": (("otel/include", "otel/base", "otel/record/hook_entry.h"),
                   ("fcgi", "sqlite", "curl")),
    "otel/agent/encode": (("otel/agent/sdk", "otel/base", "otel/include"), ()),
    "otel/agent/send": (("otel/base",), ("curl", "zlib")),
    "otel/agent/sdk": (("otel/base", "otel/include", "otel/segment"), ()),
    # pool/, pipeline/, config/, observe/ and view/ are rooms of the launcher: same rule.
    # What waits on disk is deflated.
    "otel/agent/spool": (("otel/agent/report.h", "otel/segment", "otel/base", "otel/include"), ("sqlite", "zlib")),
    "otel/agent": (("otel/segment", "otel/base", "otel/include"),
                   ("sqlite", "json-c", "yaml", "dw")),
    "otel/status": (("otel/segment", "otel/base", "otel/include"), ()),
    # otel/base is small shared helpers: its buffer is what view, handlers and http hand on.
    "fcgi_app": (("fcgi_app", "otel/include", "otel/base"), ()),
    "fcgi_app/http": (("otel/include", "otel/base"), ("fcgi",)),
    "fcgi_app/store": (("otel/include",), ("sqlite",)),
    # The page shows what otel/status has read.
    "fcgi_app/view": (("otel/base", "otel/status", "fcgi_app/store/store.h"), ()),
    "fcgi_app/handlers": (HANDLERS, ()),
    # The status page shows what the launchers publish; otel/status is its reader.
    "fcgi_app/handlers/status.c": ((*HANDLERS, "otel/status"), ()),
    "tests": (("otel", "fcgi_app"), tuple(LIBRARIES)),
}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def rule_of(path):
    candidates = [folder for folder in RULES if Path(folder) in (path, *path.parents)]
    return max(candidates, key=len) if candidates else None


def resolve(path, name):
    """The file in the tree that an #include "name" means, or None."""
    for folder in (path.parent, *SEARCH):
        found = (tree.ROOT / folder / name).resolve()
        if found.is_file() and tree.ROOT in found.parents:
            return found.relative_to(tree.ROOT)
    return None


def library_of(name):
    return next((library for library, pattern in LIBRARIES.items()
                 if re.fullmatch(pattern, name)), None)


def problem_of(path, folder, is_quoted, name):
    ours, libraries = RULES[folder]
    target = resolve(path, name) if is_quoted else None
    home = Path(folder) if (tree.ROOT / folder).is_dir() else Path(folder).parent

    if target is None:
        if is_quoted and name.endswith(".inc"):
            return None  # made by the build
        if is_quoted and library_of(name) is None:
            return "no such header in the tree; a library's belongs in <>"
        library = library_of(name)
        if library is not None and library not in libraries:
            return f"{folder} may not know {library}"
        return None
    if target.suffix != ".h":
        return "a .c is never included"
    if target.parts[0] == "tests" and path.parts[0] != "tests":
        return "nothing includes tests"
    allowed = (home, *map(Path, ours))
    if not any(place in (target, *target.parents) for place in allowed):
        return f"{folder} may include " + (", ".join(map(str, allowed[1:])) or "only libc")
    return None


def main():
    problems = []
    for path in tree.files(".c", ".h"):
        folder = rule_of(path)
        if folder is None:
            problems.append(f"{path}:1: no rule for this folder in {Path(__file__).name}")
            continue
        for number, line in enumerate(tree.text(path).splitlines(), 1):
            match = INCLUDE.match(line)
            if match:
                problem = problem_of(path, folder, match[1] == '"', match[2])
                if problem:
                    problems.append(f"{path}:{number}: {match[2]}: {problem}")
    return tree.finish(problems)


if __name__ == "__main__":
    sys.exit(main())
