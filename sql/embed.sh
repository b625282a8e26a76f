#!/bin/sh
# Prints SQL files as C string literals, one a file with commas between: store/schema.c holds
# the schema, so that no program has to look for it.
# Usage: embed.sh FILE.sql...
set -eu
exec awk '
    FNR == 1 { printf "%s/* %s */\n", (NR > 1 ? ",\n" : ""), FILENAME }
    { gsub(/\\/, "\\\\"); gsub(/"/, "\\\""); printf "\"%s\\n\"\n", $0 }
' "$@"
