# What is built once and kept: a folder that all clones of a user share, one build at a time.
# Sourced by get_collector and get_program.

readonly GO_MINIMUM=1.25
: "${HOME:=$(getent passwd "$(id -u)" | cut -d: -f6)}"
export HOME
cache=${XDG_CACHE_HOME:-$HOME/.cache}/board-otel
work=
. "$here/progress.sh"

say() { printf '%s: %s\n' "$label" "$*" >&2; }

remove_work() { if [ -n "$work" ]; then chmod -R u+w "$work" && rm -rf "$work"; fi; }
trap remove_work EXIT

# Two clones that start together share one build; $work is a folder to build in.
lock_cache() {
    mkdir -p "$cache" || return 1
    exec 9>"$cache/lock"
    flock 9
    work=$(mktemp -d "$cache/work.XXXXXX")
}

has_go() {
    local version
    command -v go >/dev/null || return 1
    version=$(go env GOVERSION 2>/dev/null | sed 's/^go//') || return 1
    printf '%s\n%s\n' "$GO_MINIMUM" "$version" | sort -V -C
}
