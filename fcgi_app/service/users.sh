# Who runs what. Started by root, the service belongs to RUN_USER: root only makes var/ and steps
# down, so that root never writes, reads or runs what a worker could have put there.

STEP_DOWN_TO= # the user to become; empty: stay who we are

as_user() {
    if [ -n "$STEP_DOWN_TO" ]; then
        setpriv "--reuid=$STEP_DOWN_TO" "--regid=$(id -g "$STEP_DOWN_TO")" --init-groups -- "$@"
    else
        "$@"
    fi
}

is_loopback() { [[ $BIND == 127.* || $BIND == ::1 ]]; }

# RUN_USER, where it can reach the tree at all (a clone below a home of mode 0700 it cannot).
choose_user() {
    [ "$(id -u)" = 0 ] || return 0
    id "$RUN_USER" >/dev/null 2>&1 || die "RUN_USER=$RUN_USER does not exist on this machine: name another user"
    STEP_DOWN_TO=$RUN_USER
    if as_user test -x "$BUILD/bin/otel-instrument" -a -x "$HERE/control" -a -d "$VAR"; then
        hand_over
    elif is_loopback; then
        say "$RUN_USER cannot reach $ROOT or $VAR: running as root. A clone in /srv or the like needs no root"
        STEP_DOWN_TO=
    else
        die "$RUN_USER cannot reach $ROOT or $VAR, and root does not serve $BIND: clone to /srv or the like, or set RUN_USER"
    fi
}

# var/ becomes RUN_USER's, where it is not; never a folder that holds anything but ours.
hand_over() {
    local strange
    ! as_user test -w "$VAR" || return 0
    strange=$(find "$VAR/" -mindepth 1 -maxdepth 1 ! -name 'board.db*' ! -name telemetry ! -name spool ! -name log ! -name run \
        ! -name otelcol -print -quit)
    [ -z "$strange" ] || die "$VAR holds other things ($strange), so it is not made $RUN_USER's: name a folder of its own with VAR=…"
    chown -hR "$RUN_USER:$(id -g "$RUN_USER")" "$VAR/."
}

# Of a service that runs: its owner.
choose_owner() {
    [ "$(id -u)" = 0 ] || return 0
    STEP_DOWN_TO=$(stat -L -c %U "$VAR/run" 2>/dev/null) || STEP_DOWN_TO=
    [ "$STEP_DOWN_TO" != root ] || STEP_DOWN_TO=
}

# Goes on as that user, with the same command; returns where there is nobody to become.
step_down() {
    local capabilities=()
    [ -n "$STEP_DOWN_TO" ] || return 0
    ! is_privileged_port || capabilities=(--inh-caps=+net_bind_service --ambient-caps=+net_bind_service)
    exec setpriv "--reuid=$STEP_DOWN_TO" "--regid=$(id -g "$STEP_DOWN_TO")" --init-groups --no-new-privs \
        "${capabilities[@]}" -- env "HOME=$VAR" "VAR=$VAR" "BUILD=$BUILD" BOARD_STEPPED_DOWN=1 \
        "BOARD_COLLECTOR=${BOARD_COLLECTOR:-}" "$HERE/control" "$@"
}
