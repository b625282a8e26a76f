#!/bin/sh
# Generated files are what their generator makes of its source.
set -eu
cd "$(dirname "$0")/../.."
sh otel/semconv.sh | cmp -s - otel/include/otel/semconv.h || {
    echo "otel/include/otel/semconv.h: not what otel/semconv.sh makes of otel/semconv.txt"
    exit 1
}
