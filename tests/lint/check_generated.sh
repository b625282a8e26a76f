#!/bin/sh
# Generated files are what their generator makes of its source.
set -eu
build=$1
cd "$(dirname "$0")/../.."
sh otel/semconv.sh | cmp -s - otel/include/otel/semconv.h || {
    echo "otel/include/otel/semconv.h: not what otel/semconv.sh makes of otel/semconv.txt"
    exit 1
}
sh otel/options.sh "$build" | cmp -s - otel/OPTIONS.md || {
    echo "otel/OPTIONS.md: not what otel/options.sh makes: sh otel/options.sh BUILD >otel/OPTIONS.md"
    exit 1
}
