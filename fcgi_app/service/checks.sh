# What must hold before anything is started. Each check that fails says one line: what is wrong
# and what to do.

die() {
    printf 'board: %s\n' "$*" >&2
    exit 1
}
say() { printf 'board: %s\n' "$*"; }

check_settings() {
    local name
    for name in PORT OTLP_GRPC_PORT OTLP_HTTP_PORT PROMETHEUS_PORT HEALTH_PORT; do
        [[ ${!name} =~ ^[1-9][0-9]{0,4}$ && ${!name} -le 65535 ]] || die "$name=${!name} is not a port (1 to 65535)"
    done
    for name in WORKERS THREADS; do
        [[ ${!name} =~ ^[1-9][0-9]?$ && ${!name} -le 16 ]] || die "$name=${!name} is not a number from 1 to 16"
    done
    # A pool's segment has 64 places for threads; those of dead workers are taken for a while.
    [ $((WORKERS * (THREADS + 1))) -le 48 ] || die "WORKERS=$WORKERS times THREADS=$THREADS is too many: at most 48 threads a pool, one a worker for the rest"
    [[ $ROWS =~ ^[0-9]{1,7}$ ]] || die "ROWS=$ROWS is not a number from 0 to 1000000"
    [[ $BOARD_ACCEPT =~ ^(epoll|loop)$ ]] || die "BOARD_ACCEPT=$BOARD_ACCEPT is neither epoll nor loop"
    # They become lines of nginx's configuration.
    [[ $BIND =~ ^[0-9a-fA-F:.]+$ ]] || die "BIND=$BIND is not an IP address"
    [[ $VAR$BUILD =~ ^[^[:space:]\;\{\}\"\'\\\$\&\|#]+$ ]] ||
        die "VAR and BUILD must be plain paths, without spaces, quotes or any of \$;{}&|#\\: $VAR, $BUILD"
}

check_tools() {
    local tool missing=
    for tool in nginx spawn-fcgi multiwatch setsid flock perl; do
        command -v "$tool" >/dev/null || missing+=" $tool"
    done
    [ -z "$missing" ] || die "missing:$missing; type 'make deps', which installs what is needed"
    for tool in otel-instrument board_seed "${POOLS[@]}"; do
        [ -x "$BUILD/bin/$tool" ] || die "$BUILD/bin/$tool is not built; type 'make'"
    done
}

check_folders() {
    local path
    for path in "$VAR" "$VAR/telemetry" "$VAR/spool" "$VAR/log" "$VAR"/board.db*; do
        [ ! -e "$path" ] || as_user test -w "$path" ||
            die "$path is not writable (it belongs to $(stat -c %U "$path")): remove it, or set VAR"
    done
}

# Room for the database that will be made, for its log, and for telemetry to begin with.
check_space() {
    local need_kb=204800 free_kb
    [ -e "$VAR/board.db" ] || need_kb=$((need_kb + ROWS))
    free_kb=$(df -Pk "$VAR" | awk 'NR == 2 { print $4 }')
    [ "$free_kb" -ge "$need_kb" ] ||
        die "only $((free_kb / 1024)) MB free in $VAR and $((need_kb / 1024)) MB needed: make room, or set VAR to a folder on another disk"
}

# nginx takes two descriptors a client, and the rest needs a few.
check_open_files() {
    local hard
    hard=$(ulimit -Hn)
    [ "$hard" = unlimited ] || [ "$hard" -ge 1024 ] ||
        die "only $hard open files are allowed (ulimit -Hn), 1024 are needed: raise the limit"
}

# The inode of the socket that listens on a port.
listener() {
    awk -v port="$(printf ':%04X' "$1")" '$4 == "0A" && substr($2, length($2) - 4) == port { print $10; exit }' \
        /proc/net/tcp /proc/net/tcp6 2>/dev/null
}

# Who has the socket of that inode: known to root, else only of one's own processes.
holder() {
    local descriptor
    descriptor=$(find /proc/[0-9]*/fd -lname "socket:\[$1\]" -print -quit 2>/dev/null) || true
    if [ -n "$descriptor" ]; then
        descriptor=${descriptor#/proc/}
        printf '%s (pid %s)\n' "$(cat "/proc/${descriptor%%/*}/comm")" "${descriptor%%/*}"
    else
        printf 'another program\n'
    fi
}

check_ports() {
    local name inode names=(PORT)
    [ -n "$OTLP_ENDPOINT" ] || names+=(OTLP_GRPC_PORT OTLP_HTTP_PORT PROMETHEUS_PORT HEALTH_PORT)
    for name in "${names[@]}"; do
        inode=$(listener "${!name}")
        [ -z "$inode" ] || die "port ${!name} is taken by $(holder "$inode"): stop it, or choose another with $name=…"
    done
    [ "$(id -u)" = 0 ] || ! is_privileged_port ||
        die "port $PORT is for root alone: choose another with PORT=…"
}

is_privileged_port() { [ "$PORT" -lt "$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" ]; }
