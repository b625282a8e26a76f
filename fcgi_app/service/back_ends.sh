# Jaeger, Prometheus and Loki beside a service that runs: what the containers hold, natively, from
# the same builds and configurations.

readonly BACK_ENDS=(jaeger prometheus loki)
readonly BACK_ENDS_LIMIT_MS=60000

# As whoever called, whose cache it is. Root's is closed to others: they get copies.
back_ends_get() {
    local name program
    for name in "${BACK_ENDS[@]}"; do
        program=$("$ROOT/otel/collector/get_program" "$name") || die "there is no $name to be had; see the lines above"
        if ! as_user test -x "$program"; then
            as_user mkdir -p "$VAR/back_ends"
            cmp -s "$program" "$VAR/back_ends/$name.program" || cp --remove-destination "$program" "$VAR/back_ends/$name.program"
            program=$VAR/back_ends/$name.program
        fi
        export "BOARD_${name^^}=$program"
    done
}

back_ends_check() {
    local name inode
    [ -n "$(pid_of collector)" ] || die "no collector of $VAR runs: 'make run' first, in another terminal"
    for name in JAEGER_PORT JAEGER_OTLP_PORT PROMETHEUS_SERVER_PORT LOKI_PORT LOKI_GRPC_PORT; do
        [[ ${!name} =~ ^[1-9][0-9]{0,4}$ && ${!name} -le 65535 ]] || die "$name=${!name} is not a port (1 to 65535)"
        inode=$(listener "${!name}")
        [ -z "$inode" ] || die "port ${!name} is taken by $(holder "$inode"): stop it, or choose another with $name=…"
    done
}

back_ends_start() {
    local folder=$VAR/back_ends
    mkdir -p "$folder"/{jaeger,prometheus,loki}
    sed "s/collector:9464/127.0.0.1:$PROMETHEUS_PORT/" "$ROOT/otel/collector/prometheus.yaml" >"$folder/prometheus.yaml"
    kept jaeger LISTEN=127.0.0.1 "JAEGER_DIR=$folder/jaeger" "JAEGER_PORT=$JAEGER_PORT" \
        "JAEGER_OTLP_PORT=$JAEGER_OTLP_PORT" JAEGER_QUERY_GRPC_PORT=0 \
        -- "$BOARD_JAEGER" --config "$ROOT/otel/collector/jaeger.yaml"
    kept prometheus -- "$BOARD_PROMETHEUS" "--config.file=$folder/prometheus.yaml" "--storage.tsdb.path=$folder/prometheus" \
        "--web.listen-address=127.0.0.1:$PROMETHEUS_SERVER_PORT" --storage.tsdb.retention.time=7d --log.level=warn
    kept loki LISTEN=127.0.0.1 "LOKI_DIR=$folder/loki" "LOKI_PORT=$LOKI_PORT" "LOKI_GRPC_PORT=$LOKI_GRPC_PORT" \
        -- "$BOARD_LOKI" "-config.file=$ROOT/otel/collector/loki.yaml" -config.expand-env=true
    back_end_await jaeger "$JAEGER_PORT" /api/services
    back_end_await prometheus "$PROMETHEUS_SERVER_PORT" /-/ready
    back_end_await loki "$LOKI_PORT" /ready
}

back_end_answers() { [ "$(http_status 127.0.0.1 "$1" "$2")" = 200 ]; }

back_end_await() { # NAME PORT PATH
    wait_until "$BACK_ENDS_LIMIT_MS" back_end_answers "$2" "$3" && return 0
    tail -n 5 "$VAR/log/$1.log" 2>/dev/null | sed "s/^/    $1: /" >&2
    die "$1 does not answer; see $VAR/log/$1.log"
}

# The collector's second configuration: empty, or where the back ends are. It reads it anew on SIGHUP.
collector_forward() { # on | off
    local pid
    if [ "$1" = on ]; then
        sed -e "s|\${env:JAEGER_ENDPOINT[^}]*}|127.0.0.1:$JAEGER_OTLP_PORT|" \
            -e "s|\${env:LOKI_ENDPOINT[^}]*}|http://127.0.0.1:$LOKI_PORT|" \
            -e "s|\${env:QUEUE_DIR[^}]*}|$VAR/back_ends/queue|" \
            "$ROOT/otel/collector/back_ends.yaml" >"$RUN/back_ends.yaml"
    else
        echo '{}' >"$RUN/back_ends.yaml"
    fi
    pid=$(pid_of collector) && kill -HUP "$pid"
}

back_ends_addresses() {
    say "Jaeger      http://127.0.0.1:$JAEGER_PORT (its API: /api/services)"
    say "Prometheus  http://127.0.0.1:$PROMETHEUS_SERVER_PORT/"
    say "Loki        http://127.0.0.1:$LOKI_PORT (its API)"
    say "Ctrl-C stops them; what they hold stays in $VAR/back_ends"
}

# shellcheck disable=SC2317 # the trap reaches it
back_ends_stop() {
    local status=$?
    trap - EXIT
    [ ! -d "$RUN" ] || collector_forward off || true
    kept_stop 5000 "${BACK_ENDS[@]}"
    exit "$status"
}

# In the foreground until Ctrl-C, or until the service itself is stopped.
back_ends() {
    local stopping=
    find_run
    back_ends_check
    trap back_ends_stop EXIT
    trap 'exit 130' INT TERM HUP
    say "starting; Loki takes 20 seconds"
    back_ends_start
    collector_forward on || die "the collector could not be told; see $VAR/log/collector.log"
    back_ends_addresses
    trap 'stopping=1' INT TERM HUP
    # Another control may stop or restart meanwhile.
    flock -u 8
    while [ -z "$stopping" ] && pid_of collector.keeper >/dev/null; do
        sleep 1 8>&- &
        wait $! || true
    done
    [ -n "$stopping" ] || say "the service was stopped, and the back ends with it"
}
