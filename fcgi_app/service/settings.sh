# Every setting of the service: an environment variable with a default. `make run PORT=8080` sets
# one for that call. The launchers read OpenTelemetry's own OTEL_… variables as well.

: "${VAR:=var}"                  # the one folder where what runs leaves something
: "${BUILD:=build/release}"      # where bin/ and lib/ are
: "${BIND:=127.0.0.1}"           # address of the service; 0.0.0.0 opens it, and it alone
: "${PORT:=5001}"                # port of the service
: "${TOKEN:=}"                   # what the page's details ask for when BIND is open; made where none is given
: "${OTLP_GRPC_PORT:=9999}"      # the collector's ports, always on loopback: OTLP over gRPC
: "${OTLP_HTTP_PORT:=4318}"      # OTLP over HTTP
: "${PROMETHEUS_PORT:=9464}"     # its page for Prometheus
: "${HEALTH_PORT:=13133}"        # its answer whether it is well
: "${JAEGER_PORT:=16686}"        # ports of `make back-ends`, on loopback too: Jaeger's page
: "${JAEGER_OTLP_PORT:=4317}"    # where Jaeger takes traces
: "${PROMETHEUS_SERVER_PORT:=9090}" # Prometheus
: "${LOKI_PORT:=3100}"           # Loki
: "${LOKI_GRPC_PORT:=9096}"      # Loki, for itself
: "${OTLP_ENDPOINT:=}"           # a collector elsewhere (http://host:port): none is started here
: "${OTELCOL:=}"                 # the collector's program; see otel/collector/get_collector
: "${SERVICE_NAME:=board}"
: "${ROWS:=10000}"               # posts of a database that is made new
: "${WORKERS:=2}"                # processes of a pool
: "${THREADS:=4}"                # handler threads of a process
: "${BOARD_ACCEPT:=epoll}"       # or loop: the plain accept loop, without kept connections
: "${RUN_USER:=www-data}"        # who the pools and nginx's workers are, when root starts them
: "${LOG_LEVEL:=info}"           # of the launchers: error, warn, info, debug

# Defaults of this service where OpenTelemetry's would make a person wait or see less.
: "${OTEL_TRACES_EXPORTER:=otlp}"
: "${OTEL_METRICS_EXPORTER:=otlp}"
: "${OTEL_LOGS_EXPORTER:=otlp}"
: "${OTEL_EXPORTER_OTLP_PROTOCOL:=http/json}"
: "${OTEL_METRIC_EXPORT_INTERVAL:=5000}"
: "${OTEL_BSP_SCHEDULE_DELAY:=1000}"
: "${OTEL_BLRP_SCHEDULE_DELAY:=1000}"
: "${OTEL_PYTHON_LOGGING_AUTO_INSTRUMENTATION_ENABLED:=true}"
: "${OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST:=custom_request_header,content-type}"
: "${OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_RESPONSE:=content-type}"
export OTEL_BSP_SCHEDULE_DELAY OTEL_BLRP_SCHEDULE_DELAY \
    OTEL_PYTHON_LOGGING_AUTO_INSTRUMENTATION_ENABLED \
    OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_REQUEST \
    OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_SERVER_RESPONSE

readonly POOLS=(board board_count log user status)

# A path that each pool answers; OPTIONS on it runs no handler.
declare -rA POOL_PATH=([board]=/board [board_count]=/board/0 [log]=/log [user]=/user [status]=/)
