#!/bin/sh
# What the two libraries show to the linker, and what the worker's one must never need.
# Usage: check_symbols.sh BUILD
set -eu
build=$1
here=$(dirname "$0")/../..
status=0
for library in libotel.so libotel_hooks.so; do
    [ -f "$build/lib/$library" ] || { echo "$library is not built"; exit 1; }
done

# Functions and data that a shared object defines for others, without versions.
defined() { nm -D --defined-only "$1" | awk '$2 ~ /[TWDBRVi]/ { sub(/@.*/, "", $3); print $3 }' | sort -u; }

shown=$(defined "$build/lib/libotel_hooks.so")
listed=$(sed -e 's/#.*//' -e 's/[[:space:]]*$//' -e '/^$/d' "$here/otel/hooks/exported.txt" | sort -u)
if [ "$shown" != "$listed" ]; then
    echo "libotel_hooks.so shows other symbols than otel/hooks/exported.txt lists (<: shown, >: listed)"
    printf '%s\n' "$listed" >"$build/exported.listed"
    printf '%s\n' "$shown" | diff - "$build/exported.listed" | grep '^[<>]' || :
    rm -f "$build/exported.listed"
    status=1
fi

foreign=$(defined "$build/lib/libotel.so" | grep -Ev '^(otel|record)_' || :)
if [ -n "$foreign" ]; then
    echo "libotel.so shows more than otel_ and record_:"
    printf '%s\n' "$foreign"
    status=1
fi

# The worker records, and nothing else: no socket, no thread, no lock.
needed=$(nm -D --undefined-only "$build/lib/libotel.so" | awk '{ sub(/@.*/, "", $2); print $2 }' |
    grep -Ex 'socket|connect|pthread_create|pthread_mutex_lock|sem_wait|exit|abort' || :)
if [ -n "$needed" ]; then
    echo "libotel.so needs what a recorder must not have:"
    printf '%s\n' "$needed"
    status=1
fi
exit $status
