#!/bin/sh
# Writes OPTIONS.md from the table of options, as otel-instrument tells of it, and tests/options.txt,
# to standard output: options.sh BUILD. Fails where an option has no test, or a test is not there.
set -eu
here=$(dirname "$0")
"$1/bin/otel-instrument" --help=markdown | awk -v tests="$here/../tests/options.txt" -v root="$here/.." '
function pattern(text) { gsub(/\./, "\\.", text); gsub(/\*/, ".*", text); return "^" text "$" }
function is_there(file, test,   line, found) {
    while ((getline line < (root "/" file)) > 0)
        if (line ~ ("(def|void) " test "\\(")) found = 1
    close(root "/" file)
    return found
}
function wrong(text) { print "options.sh: " text > "/dev/stderr"; failed = 1 }
BEGIN {
    while ((getline line < tests) > 0) {
        if (line ~ /^#/ || line == "") continue
        split(line, field, " ")
        names[++count] = pattern(field[1]); files[count] = field[2]; shown[count] = field[3]
        if (!is_there(field[2], field[3])) wrong(field[2] " has no " field[3])
    }
    print "# The options of otel-instrument\n"
    print "Made by otel/options.sh from the table of options (agent/config/option_list.h) and tests/options.txt:"
    print "edit those. An option wins over a configuration file (`config_file`), and that, or without one the"
    print "variable, over the default. `a=b` are two names of one value. Without an argument: `--help`, `--version`,"
    print "`--print-config` (every value and where it comes from; `--print-config=yaml`: as a configuration file).\n"
}
/^\| option / { print "| option | variable | accepted | default | meaning | test |"; next }
/^\|---/ { print "|---|---|---|---|---|---|"; next }
{
    name = $2; gsub(/`/, "", name); found = 0
    for (i = 1; i <= count && !found; i++)
        if (name ~ names[i]) found = i
    if (!found) { wrong("--" name " has no test in tests/options.txt"); next }
    part = split(files[found], path, "/")
    printf "%s [%s](../%s) `%s` |\n", $0, path[part], files[found], shown[found]
}
END { exit failed }'
