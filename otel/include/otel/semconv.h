/* Made by otel/semconv.sh from otel/semconv.txt: edit those. */
#ifndef OTEL_SEMCONV_H
#define OTEL_SEMCONV_H

#include "otel/attribute.h"

/* clang-format off */
#define OTEL_HTTP_REQUEST_METHOD ((struct otel_key){ "http.request.method", 19, 1 })
#define OTEL_HTTP_REQUEST_METHOD_ORIGINAL ((struct otel_key){ "http.request.method_original", 28, 2 })
#define OTEL_HTTP_RESPONSE_STATUS_CODE ((struct otel_key){ "http.response.status_code", 25, 3 })
#define OTEL_HTTP_ROUTE ((struct otel_key){ "http.route", 10, 4 })
#define OTEL_HTTP_REQUEST_RESEND_COUNT ((struct otel_key){ "http.request.resend_count", 25, 5 })
#define OTEL_URL_PATH ((struct otel_key){ "url.path", 8, 6 })
#define OTEL_URL_SCHEME ((struct otel_key){ "url.scheme", 10, 7 })
#define OTEL_URL_QUERY ((struct otel_key){ "url.query", 9, 8 })
#define OTEL_URL_FULL ((struct otel_key){ "url.full", 8, 9 })
#define OTEL_SERVER_ADDRESS ((struct otel_key){ "server.address", 14, 10 })
#define OTEL_SERVER_PORT ((struct otel_key){ "server.port", 11, 11 })
#define OTEL_CLIENT_ADDRESS ((struct otel_key){ "client.address", 14, 12 })
#define OTEL_CLIENT_PORT ((struct otel_key){ "client.port", 11, 13 })
#define OTEL_NETWORK_PEER_ADDRESS ((struct otel_key){ "network.peer.address", 20, 14 })
#define OTEL_NETWORK_PEER_PORT ((struct otel_key){ "network.peer.port", 17, 15 })
#define OTEL_NETWORK_PROTOCOL_NAME ((struct otel_key){ "network.protocol.name", 21, 16 })
#define OTEL_NETWORK_PROTOCOL_VERSION ((struct otel_key){ "network.protocol.version", 24, 17 })
#define OTEL_USER_AGENT_ORIGINAL ((struct otel_key){ "user_agent.original", 19, 18 })
#define OTEL_ERROR_TYPE ((struct otel_key){ "error.type", 10, 19 })
#define OTEL_DB_SYSTEM_NAME ((struct otel_key){ "db.system.name", 14, 20 })
#define OTEL_DB_NAMESPACE ((struct otel_key){ "db.namespace", 12, 21 })
#define OTEL_DB_QUERY_TEXT ((struct otel_key){ "db.query.text", 13, 22 })
#define OTEL_DB_QUERY_SUMMARY ((struct otel_key){ "db.query.summary", 16, 23 })
#define OTEL_DB_RESPONSE_STATUS_CODE ((struct otel_key){ "db.response.status_code", 23, 24 })
#define OTEL_DB_RESPONSE_RETURNED_ROWS ((struct otel_key){ "db.response.returned_rows", 25, 25 })
#define OTEL_DB_OPERATION_BATCH_SIZE ((struct otel_key){ "db.operation.batch.size", 23, 26 })
#define OTEL_EXCEPTION_TYPE ((struct otel_key){ "exception.type", 14, 27 })
#define OTEL_EXCEPTION_MESSAGE ((struct otel_key){ "exception.message", 17, 28 })
#define OTEL_EXCEPTION_STACKTRACE ((struct otel_key){ "exception.stacktrace", 20, 29 })
#define OTEL_CODE_FUNCTION_NAME ((struct otel_key){ "code.function.name", 18, 30 })
#define OTEL_CODE_FILE_PATH ((struct otel_key){ "code.file.path", 14, 31 })
#define OTEL_CODE_LINE_NUMBER ((struct otel_key){ "code.line.number", 16, 32 })
#define OTEL_THREAD_ID ((struct otel_key){ "thread.id", 9, 33 })
#define OTEL_THREAD_NAME ((struct otel_key){ "thread.name", 11, 34 })
#define OTEL_LOG_IOSTREAM ((struct otel_key){ "log.iostream", 12, 35 })
#define OTEL_LOG_RECORD_ORIGINAL ((struct otel_key){ "log.record.original", 19, 36 })
#define OTEL_SYSLOG_FACILITY ((struct otel_key){ "syslog.facility", 15, 37 })
#define OTEL_PROCESS_PID ((struct otel_key){ "process.pid", 11, 38 })
#define OTEL_PROCESS_EXECUTABLE_NAME ((struct otel_key){ "process.executable.name", 23, 39 })
#define OTEL_CPU_MODE ((struct otel_key){ "cpu.mode", 8, 40 })
#define OTEL_CPU_LOGICAL_NUMBER ((struct otel_key){ "cpu.logical_number", 18, 41 })
#define OTEL_SYSTEM_MEMORY_STATE ((struct otel_key){ "system.memory.state", 19, 42 })
#define OTEL_SYSTEM_DEVICE ((struct otel_key){ "system.device", 13, 43 })
#define OTEL_DISK_IO_DIRECTION ((struct otel_key){ "disk.io.direction", 17, 44 })
#define OTEL_NETWORK_IO_DIRECTION ((struct otel_key){ "network.io.direction", 20, 45 })
#define OTEL_NETWORK_INTERFACE_NAME ((struct otel_key){ "network.interface.name", 22, 46 })
#define OTEL_PROCESS_CONTEXT_SWITCH_TYPE ((struct otel_key){ "process.context_switch.type", 27, 47 })
#define OTEL_OTEL_COMPONENT_NAME ((struct otel_key){ "otel.component.name", 19, 48 })
#define OTEL_OTEL_COMPONENT_TYPE ((struct otel_key){ "otel.component.type", 19, 49 })
#define OTEL_OTEL_SPAN_PARENT_ORIGIN ((struct otel_key){ "otel.span.parent.origin", 23, 50 })
#define OTEL_OTEL_SPAN_SAMPLING_RESULT ((struct otel_key){ "otel.span.sampling_result", 25, 51 })
#define OTEL_HTTP_REQUEST_BODY_SIZE ((struct otel_key){ "http.request.body.size", 22, 52 })
#define OTEL_HTTP_RESPONSE_BODY_SIZE ((struct otel_key){ "http.response.body.size", 23, 53 })
#define OTEL_OTEL_METRIC_OVERFLOW ((struct otel_key){ "otel.metric.overflow", 20, 54 })

#define OTEL_SEMCONV_COUNT 54

/* X(id, NAME, text) for every well-known key. */
#define OTEL_SEMCONV_KEYS(X) \
    X(1, HTTP_REQUEST_METHOD, "http.request.method") \
    X(2, HTTP_REQUEST_METHOD_ORIGINAL, "http.request.method_original") \
    X(3, HTTP_RESPONSE_STATUS_CODE, "http.response.status_code") \
    X(4, HTTP_ROUTE, "http.route") \
    X(5, HTTP_REQUEST_RESEND_COUNT, "http.request.resend_count") \
    X(6, URL_PATH, "url.path") \
    X(7, URL_SCHEME, "url.scheme") \
    X(8, URL_QUERY, "url.query") \
    X(9, URL_FULL, "url.full") \
    X(10, SERVER_ADDRESS, "server.address") \
    X(11, SERVER_PORT, "server.port") \
    X(12, CLIENT_ADDRESS, "client.address") \
    X(13, CLIENT_PORT, "client.port") \
    X(14, NETWORK_PEER_ADDRESS, "network.peer.address") \
    X(15, NETWORK_PEER_PORT, "network.peer.port") \
    X(16, NETWORK_PROTOCOL_NAME, "network.protocol.name") \
    X(17, NETWORK_PROTOCOL_VERSION, "network.protocol.version") \
    X(18, USER_AGENT_ORIGINAL, "user_agent.original") \
    X(19, ERROR_TYPE, "error.type") \
    X(20, DB_SYSTEM_NAME, "db.system.name") \
    X(21, DB_NAMESPACE, "db.namespace") \
    X(22, DB_QUERY_TEXT, "db.query.text") \
    X(23, DB_QUERY_SUMMARY, "db.query.summary") \
    X(24, DB_RESPONSE_STATUS_CODE, "db.response.status_code") \
    X(25, DB_RESPONSE_RETURNED_ROWS, "db.response.returned_rows") \
    X(26, DB_OPERATION_BATCH_SIZE, "db.operation.batch.size") \
    X(27, EXCEPTION_TYPE, "exception.type") \
    X(28, EXCEPTION_MESSAGE, "exception.message") \
    X(29, EXCEPTION_STACKTRACE, "exception.stacktrace") \
    X(30, CODE_FUNCTION_NAME, "code.function.name") \
    X(31, CODE_FILE_PATH, "code.file.path") \
    X(32, CODE_LINE_NUMBER, "code.line.number") \
    X(33, THREAD_ID, "thread.id") \
    X(34, THREAD_NAME, "thread.name") \
    X(35, LOG_IOSTREAM, "log.iostream") \
    X(36, LOG_RECORD_ORIGINAL, "log.record.original") \
    X(37, SYSLOG_FACILITY, "syslog.facility") \
    X(38, PROCESS_PID, "process.pid") \
    X(39, PROCESS_EXECUTABLE_NAME, "process.executable.name") \
    X(40, CPU_MODE, "cpu.mode") \
    X(41, CPU_LOGICAL_NUMBER, "cpu.logical_number") \
    X(42, SYSTEM_MEMORY_STATE, "system.memory.state") \
    X(43, SYSTEM_DEVICE, "system.device") \
    X(44, DISK_IO_DIRECTION, "disk.io.direction") \
    X(45, NETWORK_IO_DIRECTION, "network.io.direction") \
    X(46, NETWORK_INTERFACE_NAME, "network.interface.name") \
    X(47, PROCESS_CONTEXT_SWITCH_TYPE, "process.context_switch.type") \
    X(48, OTEL_COMPONENT_NAME, "otel.component.name") \
    X(49, OTEL_COMPONENT_TYPE, "otel.component.type") \
    X(50, OTEL_SPAN_PARENT_ORIGIN, "otel.span.parent.origin") \
    X(51, OTEL_SPAN_SAMPLING_RESULT, "otel.span.sampling_result") \
    X(52, HTTP_REQUEST_BODY_SIZE, "http.request.body.size") \
    X(53, HTTP_RESPONSE_BODY_SIZE, "http.response.body.size") \
    X(54, OTEL_METRIC_OVERFLOW, "otel.metric.overflow") \

/* clang-format on */

#endif
