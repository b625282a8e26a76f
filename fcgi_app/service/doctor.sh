# control doctor: looks at everything that a start or a day of service needs, changes nothing, and
# says for each part what is wrong and what to do. Status 0 when nothing is.

# examine NAME COMMAND…: a check of checks.sh, which says one line and leaves when it does not hold.
examine() {
    local name=$1 words
    shift
    if words=$( ("$@") 2>&1); then
        printf 'ok     %-10s %s\n' "$name" "${words#board: }"
    else
        printf 'WRONG  %-10s %s\n' "$name" "${words#board: }"
        ailing=1
    fi
}

doctor_settings() { check_settings && say "PORT=$PORT BIND=$BIND WORKERS=$WORKERS THREADS=$THREADS"; }

doctor_programs() { check_tools && say "nginx $(nginx -v 2>&1 | grep -o '[0-9.]*$'), spawn-fcgi, multiwatch, and ours in $BUILD/bin"; }

doctor_folder() {
    [ -e "$VAR" ] || { say "$VAR is not there yet: a start makes it" && return; }
    check_folders
    check_space
    say "$VAR: writable, $(df -Pm "$VAR" | awk 'NR == 2 { print $4 }') MB free"
}

# A connection that waits has a place in the backlog only as far as the kernel allows.
doctor_limits() {
    local somaxconn
    check_open_files
    somaxconn=$(cat /proc/sys/net/core/somaxconn)
    [ "$somaxconn" -ge 1024 ] || die "net.core.somaxconn is $somaxconn: 'sysctl -w net.core.somaxconn=1024', or bursts of clients see 502"
    say "$(ulimit -Hn) open files, $somaxconn waiting connections"
}

doctor_ports() {
    if [ -n "$(our_pids)" ]; then
        say "in use by this service"
    else
        check_ports
        say "$PORT and the collector's are free"
    fi
}

doctor_collector() {
    local program
    [ -z "$OTLP_ENDPOINT" ] || { say "telemetry goes to $OTLP_ENDPOINT" && return; }
    program=${OTELCOL:-$(command -v otelcol || command -v otelcol-contrib || true)}
    if [ -n "$program" ]; then
        [ -x "$program" ] || die "OTELCOL=$program cannot be run"
        say "$program"
    elif command -v go >/dev/null; then
        say "built by $(go env GOVERSION) at the first start, then kept in the cache"
    else
        say "none and no Go: a release is downloaded, or the launchers write their files themselves"
    fi
}

# Through SQLite alone: closing any other descriptor of the file would drop a lock that SQLite holds.
doctor_database() {
    [ -e "$VAR/board.db" ] || { say "none yet: a start makes one of $ROWS posts" && return; }
    as_user "$BUILD/bin/board_seed" "$VAR/board.db" --check 2>&1 | sed 's/^board_seed: //'
    return "${PIPESTATUS[0]}"
}

# What waits for the collector, and what was set aside.
doctor_spool() {
    local damaged
    damaged=$(as_user find "$VAR/spool" -name '*.corrupt' -print -quit 2>/dev/null) || true
    [ -z "$damaged" ] || die "$damaged was damaged and set aside: look at the disk, then remove it"
    [ -d "$VAR/spool" ] || { say "nothing waits" && return; }
    say "$(as_user du -sm "$VAR/spool" | cut -f1) MB in $VAR/spool"
}

doctor_service() {
    if [ -z "$(our_pids)" ]; then
        say "does not run"
    elif "$HERE/control" status >/dev/null; then
        say "runs, and every part answers"
    else
        die "runs, but not all of it answers: 'make status' shows what, $VAR/log why"
    fi
}

doctor() {
    local ailing='' part
    for part in settings programs folder limits ports collector spool database service; do
        examine "$part" "doctor_$part"
    done
    [ -z "$ailing" ]
}
