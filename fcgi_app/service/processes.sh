# What runs here: finding it, asking it, waiting for it. A process is ours when its environment
# says so, never because a file holds its number: numbers are used again.

# nginx writes its title over its environment. The master's title has its command line, a worker
# is the master's child; one that lost its master is known by where its stderr goes.
is_our_nginx() {
    local parent
    parent=$(awk '$1 == "PPid:" { print $2 }' "/proc/$1/status" 2>/dev/null) || return 1
    grep -qsF -- "-e $VAR/log/nginx_error.log" "/proc/$1/cmdline" "/proc/$parent/cmdline" ||
        [[ $(readlink "/proc/$1/fd/2" 2>/dev/null) == "$VAR"/log/* ]]
}

nginx_pids() {
    local pid
    { grep -lsx nginx /proc/[0-9]*/comm || true; } | while IFS=/ read -r _ _ pid _; do
        ! is_our_nginx "$pid" || printf '%s\n' "$pid"
    done
}

# Everything of ours that lives; zombies have no environment.
our_pids() {
    { grep -lszxF "BOARD_SERVICE=$VAR" /proc/[0-9]*/environ || true; } | cut -d/ -f3
    nginx_pids
}

# The number in a pid file, while it is a living process of ours.
pid_of() {
    local pid
    { read -r pid <"$RUN/$1.pid"; } 2>/dev/null && ! are_gone "$pid" &&
        { grep -qszxF "BOARD_SERVICE=$VAR" "/proc/$pid/environ" || is_our_nginx "$pid"; } && printf '%s\n' "$pid"
}

# A launcher that has started reads its signals, and no longer dies of them.
reads_hangup() { grep -qsE '^SigBlk:.*[13579bdf]$' "/proc/$1/status"; }

# The workers of a pool: processes of its program. A program built anew shows as "(deleted)".
worker_pids() {
    local pid program
    { grep -lszxF "OTEL_SEGMENT=$RUN/$1.segment" /proc/[0-9]*/environ || true; } | while IFS=/ read -r _ _ pid _; do
        program=$(readlink "/proc/$pid/exe") || continue
        [ "${program% (deleted)}" != "$BUILD/bin/$1" ] || printf '%s\n' "$pid"
    done
}

# wait_until MILLISECONDS COMMAND…: polls; false when the time is over.
wait_until() {
    local deadline_us=$((${EPOCHREALTIME/[.,]/} + $1 * 1000))
    shift
    until "$@"; do
        [ "${EPOCHREALTIME/[.,]/}" -lt "$deadline_us" ] || return 1
        sleep 0.05
    done
}

# By bash alone: it is asked often, and of many.
are_gone() {
    local pid stat
    for pid in "$@"; do
        if { read -r stat <"/proc/$pid/stat"; } 2>/dev/null && [[ ${stat##*)} != " Z "* ]]; then return 1; fi
    done
}

signal_all() {
    local signal=$1 pid
    shift
    for pid in "$@"; do kill "-$signal" "$pid" 2>/dev/null || true; done
}

# http_status HOST PORT PATH: the status of a GET, by bash alone.
http_status() {
    local line
    (
        exec 3<>"/dev/tcp/$1/$2" && printf 'GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n' "$3" >&3 &&
            read -r -t 2 line <&3 && [[ $line =~ ^HTTP/1\.[01]\ ([0-9]{3}) ]] && printf '%s\n' "${BASH_REMATCH[1]}"
    ) 2>/dev/null
}
