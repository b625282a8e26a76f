#!/bin/sh
# Writes include/otel/semconv.h from semconv.txt, to standard output.
set -eu
awk '
BEGIN {
    print "/* Made by otel/semconv.sh from otel/semconv.txt: edit those. */"
    print "#ifndef OTEL_SEMCONV_H\n#define OTEL_SEMCONV_H\n\n#include \"otel/attribute.h\"\n"
    print "/* clang-format off */"
}
/^#/ || /^$/ { next }
{
    id++
    name = toupper($1); gsub(/[^A-Z0-9]/, "_", name)
    list = list sprintf("    X(%d, %s, \"%s\") \\\n", id, name, $1)
    printf "#define OTEL_%s ((struct otel_key){ \"%s\", %d, %d })\n", name, $1, length($1), id
}
END {
    printf "\n#define OTEL_SEMCONV_COUNT %d\n", id
    print "\n/* X(id, NAME, text) for every well-known key. */"
    printf "#define OTEL_SEMCONV_KEYS(X) \\\n%s\n", list
    print "/* clang-format on */\n\n#endif"
}' "$(dirname "$0")/semconv.txt"
