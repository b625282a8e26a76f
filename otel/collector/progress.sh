# A dot a few seconds apart says that it lives; the build's own words are shown when it fails.
with_progress() {
    local log=$1 pid status=0
    shift
    "$@" >"$log" 2>&1 &
    pid=$!
    while kill -0 "$pid" 2>/dev/null; do
        printf . >&2
        sleep 3
    done
    wait "$pid" || status=$?
    printf '\n' >&2
    return "$status"
}
