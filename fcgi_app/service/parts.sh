# The parts of the service and the start of each: folders, collector, database, pools, nginx; and
# the stop of all.

# --- folders -----------------------------------------------------------------------------------

# Sockets, segments and pids lie on tmpfs, under a path short enough for a Unix socket. Where
# /dev/shm cannot take them (a container's has 64 MB) a plain folder does.
choose_run() {
    local name need_kb=$((${#POOLS[@]} * (WORKERS * (THREADS + 2) * 1100 + 4096)))
    name=board-$(id -u)-$(printf %s "$VAR" | sha256sum | cut -c1-8)
    RUN=/dev/shm/$name
    if [ ! -w /dev/shm ] || [ "$(df -Pk /dev/shm | awk 'NR == 2 { print $4 }')" -lt "$need_kb" ]; then
        RUN=$VAR/run
        [ ${#RUN} -le 80 ] || RUN=/tmp/$name
    fi
}

# /dev/shm is everybody's: what has our name there may be somebody else's.
make_run() {
    rm -rf "$VAR/run"
    mkdir -m 750 "$RUN" 2>/dev/null || { [ ! -L "$RUN" ] && [ -d "$RUN" ] && [ -O "$RUN" ]; } ||
        die "$RUN is not a folder of ours: remove it"
    [ "$RUN" = "$VAR/run" ] || ln -s "$RUN" "$VAR/run"
}

# A log that has grown is put aside at a start; one older generation is kept.
readonly LOG_LIMIT_BYTES=$((100 * 1024 * 1024))
set_logs_aside() {
    local log
    for log in "$VAR"/log/*.log; do
        [ ! -e "$log" ] || [ "$(stat -c %s "$log")" -lt "$LOG_LIMIT_BYTES" ] || mv "$log" "$log.1"
    done
}

# kept NAME VARIABLE=VALUE… -- PROGRAM ARGUMENT…: in the background, in a session of its own, kept
# alive, its words in NAME.log. The keeper's number goes to NAME.keeper.pid, the program's to
# NAME.pid; a program that lives already, its keeper gone, is taken over. Descriptor 8 is the lock of
# this control.
kept() {
    local name=$1 variables=() uncap=() options=() living
    shift
    while [ "$1" != -- ]; do
        variables+=("$1")
        shift
    done
    shift
    ! living=$(pid_of "$name") || options=(-a "$living")
    # The right to a port below 1024 is nginx's alone, which leaves well by QUIT.
    if [ "$name" = nginx ]; then options+=(-s QUIT); fi
    [ "$name" = nginx ] || ! is_privileged_port || uncap=(setpriv --ambient-caps=-all --inh-caps=-all --)
    env "BOARD_SERVICE=$VAR" "${variables[@]}" "${uncap[@]}" setsid "$HERE/keep" "${options[@]}" "$RUN/$name.pid" "$@" \
        </dev/null >>"$VAR/log/$name.log" 2>&1 8>&- &
    printf '%s\n' $! >"$RUN/$name.keeper.pid"
    disown
}

# --- collector ---------------------------------------------------------------------------------

# Before anybody steps down: the cache of root's home is closed to others.
collector_get() {
    BOARD_COLLECTOR=
    [ -z "$OTLP_ENDPOINT" ] || return 0
    BOARD_COLLECTOR=$("$ROOT/otel/collector/get_collector") || return 0
    as_user test -x "$BOARD_COLLECTOR" && return 0
    cmp -s "$BOARD_COLLECTOR" "$VAR/otelcol" || cp --remove-destination "$BOARD_COLLECTOR" "$VAR/otelcol"
    BOARD_COLLECTOR=$VAR/otelcol
}

collector_start() {
    EXPORTER=otlp
    if [ -n "$BOARD_COLLECTOR" ]; then
        # Its second configuration is empty until `make back-ends` fills it.
        echo '{}' >"$RUN/back_ends.yaml"
        kept collector "TELEMETRY_DIR=$VAR/telemetry" "OTLP_GRPC_PORT=$OTLP_GRPC_PORT" \
            "OTLP_HTTP_PORT=$OTLP_HTTP_PORT" "PROMETHEUS_PORT=$PROMETHEUS_PORT" "HEALTH_PORT=$HEALTH_PORT" \
            -- "$BOARD_COLLECTOR" --config "$ROOT/otel/collector/config.yaml" --config "$RUN/back_ends.yaml"
    elif [ -z "$OTLP_ENDPOINT" ]; then
        EXPORTER=otlp_file
    fi
    : "${OTLP_ENDPOINT:=http://127.0.0.1:$OTLP_HTTP_PORT}"
}

collector_answers() { [ "$(http_status 127.0.0.1 "$HEALTH_PORT" /)" = 200 ]; }

# --- database ----------------------------------------------------------------------------------

# A board that has posts is left as it is.
database_make() { "$BUILD/bin/board_seed" "$VAR/board.db" --rows "$ROWS" 8>&-; }

# --- pools -------------------------------------------------------------------------------------

# An exporter that was chosen by hand stays; otlp becomes files where there is no collector.
exporter() { if [ "$1" = otlp ]; then printf '%s\n' "$EXPORTER"; else printf '%s\n' "$1"; fi; }

# Who the page asks whether it answers.
back_ends_shown() {
    printf 'Jaeger=http://127.0.0.1:%s,Prometheus=http://127.0.0.1:%s,Loki=http://127.0.0.1:%s' \
        "$JAEGER_PORT" "$PROMETHEUS_SERVER_PORT" "$LOKI_PORT"
    [ -z "$BOARD_COLLECTOR" ] || printf ',Collector=http://127.0.0.1:%s' "$HEALTH_PORT"
}

# Open to others, the page's details ask for a token.
choose_token() {
    case $BIND in
    127.* | ::1 | localhost) TOKEN= ;;
    *) : "${TOKEN:=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')}" ;;
    esac
    [[ $TOKEN =~ ^[A-Za-z0-9._~-]*$ && ${#TOKEN} -lt 128 ]] || die "TOKEN stands in an address: letters, digits and ._~- only"
}

pool_start() {
    local pool=$1 host_metrics=false back_ends='' token=''
    # system.* come from one launcher of the machine.
    if [ "$pool" = status ]; then
        host_metrics=true
        back_ends=$(back_ends_shown)
        token=$TOKEN
    fi
    kept "$pool" "BOARD_TOKEN=$token" "BOARD_DB=$VAR/board.db" "BOARD_THREADS=$THREADS" "BOARD_ACCEPT=$BOARD_ACCEPT" "BOARD_RUN_DIR=$RUN" \
        -- "$BUILD/bin/otel-instrument" --log_level "$LOG_LEVEL" --service_name "$SERVICE_NAME" \
        --traces_exporter "$(exporter "$OTEL_TRACES_EXPORTER")" \
        --metrics_exporter "$(exporter "$OTEL_METRICS_EXPORTER")" \
        --logs_exporter "$(exporter "$OTEL_LOGS_EXPORTER")" \
        --metric_export_interval "$OTEL_METRIC_EXPORT_INTERVAL" \
        --exporter_otlp_endpoint "$OTLP_ENDPOINT" --exporter_otlp_protocol "$OTEL_EXPORTER_OTLP_PROTOCOL" \
        --c_pool "$pool" --c_segment "$RUN/$pool.segment" --c_file_dir "$VAR/telemetry" --c_spool_dir "${OTEL_C_SPOOL_DIR-$VAR/spool}" --c_run_dir "$RUN" --c_host_metrics "$host_metrics" --c_back_ends "$back_ends" \
        -- spawn-fcgi -n -s "$RUN/$pool.sock" -M 0660 -b 1024 \
        -- "$(command -v multiwatch)" -f "$WORKERS" -r 1000000 -t 1 -- "$BUILD/bin/$pool"
}

# The status of a pool's answer, or a word why there is none.
pool_answer() { "$HERE/probe" "$RUN/$1.sock" "${POOL_PATH[$1]}"; }
pool_answers() { [ "$(pool_answer "$1")" = 200 ]; }

# --- nginx -------------------------------------------------------------------------------------

nginx_configure() {
    local address=$BIND keep_conn=on files
    [[ $BIND != *:* ]] || address="[$BIND]"
    [ "$BOARD_ACCEPT" != loop ] || keep_conn=off
    files=$(ulimit -Hn)
    if [ "$files" = unlimited ] || [ "$files" -gt 16384 ]; then files=16384; fi
    env "RUN=$RUN" "VAR=$VAR" "BIND=$address" "PORT=$PORT" "KEEP_CONN=$keep_conn" "OPEN_FILES=$files" \
        "$ROOT/nginx/configure" "$RUN/nginx"
}

nginx_start() {
    local globals=()
    nginx_configure
    # Where root did not step down (users.sh), its pools' sockets are root's.
    [ "$(id -u)" != 0 ] || globals=(-g "user root;")
    globals+=(-p "$RUN/nginx/" -e "$VAR/log/nginx_error.log" -c "$RUN/nginx/nginx.conf")
    nginx -t -q "${globals[@]}" 8>&- ||
        die "nginx cannot start: see the lines above and $VAR/log/nginx_error.log"
    kept nginx -- "$HERE/front" "${globals[@]}"
}

nginx_answer() { http_status "$(reachable_address)" "$PORT" /status.json; }
nginx_answers() { [ "$(nginx_answer)" = 200 ]; }

# Where this machine itself reaches the service.
reachable_address() {
    case $BIND in 0.0.0.0) echo 127.0.0.1 ;; ::) echo ::1 ;; *) echo "$BIND" ;; esac
}

# --- all ---------------------------------------------------------------------------------------

await_answers() {
    local pool
    for pool in "${POOLS[@]}"; do await_answer "$pool" pool_answers "$pool"; done
    await_answer nginx_error nginx_answers
}

# await_answer LOG COMMAND…: shows the part's last words when it does not come up.
await_answer() {
    local log=$1
    shift
    wait_until "$START_LIMIT_MS" "$@" && return 0
    tail -n 5 "$VAR/log/$log.log" 2>/dev/null | sed "s/^/    $log: /" >&2
    die "${log%_error} does not answer; see $VAR/log/$log.log"
}

# nginx takes no more requests, the pools drain and their launchers flush, the collector writes
# what it got; whatever is left is ended by force. All of it within 3 s, also when nothing obeys: so
# each step has the time until a moment, and not one of its own.
stop_all() {
    local since_us=${EPOCHREALTIME/[.,]/}
    kept_stop "$(ms_until 200)" nginx
    kept_stop "$(ms_until 2000)" "${POOLS[@]}"
    kept_stop "$(ms_until 2100)" collector "${BACK_ENDS[@]}"
    # Again and again, for what a keeper started while it was being ended.
    wait_until "$(ms_until 2750)" end_by_force
}

# What is left until a moment of the stop.
ms_until() { printf '%s' "$(($1 - (${EPOCHREALTIME/[.,]/} - since_us) / 1000))"; }

# kept_stop MILLISECONDS NAME…: the keepers pass the signal on; where one was ended, we do.
kept_stop() {
    local limit_ms=$1 name keepers pids
    shift
    mapfile -t keepers < <(for name in "$@"; do pid_of "$name.keeper" || pid_of "$name" || true; done)
    mapfile -t pids < <(for name in "$@"; do pid_of "$name" || true; done)
    signal_all TERM "${keepers[@]}"
    wait_until "$limit_ms" are_gone "${keepers[@]}" "${pids[@]}" || true
}

end_by_force() {
    local rest
    mapfile -t rest < <(our_pids)
    signal_all KILL "${rest[@]}"
    [ ${#rest[@]} = 0 ]
}
