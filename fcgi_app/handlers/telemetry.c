/* Instruments and log records of the service. */
#include "handlers/telemetry.h"

#include "otel/log.h"
#include "otel/request.h"
#include "otel/semconv.h"

static const double COUNT_BOUNDS[] = { 0,   1,   2,    5,    10,   20,    50,    100,
                                       200, 500, 1000, 2000, 5000, 10000, 100000 };

void telemetry_create(struct telemetry *out)
{
    *out = (struct telemetry){
        .posts = otel_instrument_create(
            &(struct otel_instrument_options){ .kind = OTEL_GAUGE,
                                               .name = OTEL_STR("board.posts"),
                                               .unit = OTEL_STR("{post}"),
                                               .description = OTEL_STR("Total number of posts") }),
        .posts_returned = otel_instrument_create(&(struct otel_instrument_options){
            .kind = OTEL_COUNTER,
            .name = OTEL_STR("board.posts.returned"),
            .unit = OTEL_STR("{post}"),
            .description = OTEL_STR("Posts fetched for callers") }),
        .count_requested = otel_instrument_create(&(struct otel_instrument_options){
            .kind = OTEL_HISTOGRAM,
            .name = OTEL_STR("board.count.requested"),
            .unit = OTEL_STR("{post}"),
            .description = OTEL_STR("Count asked for in /board/{count}"),
            .bounds = COUNT_BOUNDS,
            .bounds_count = sizeof COUNT_BOUNDS / sizeof COUNT_BOUNDS[0] }),
        .log_rows_returned = otel_instrument_create(&(struct otel_instrument_options){
            .kind = OTEL_COUNTER,
            .name = OTEL_STR("board.log.rows.returned"),
            .unit = OTEL_STR("{row}"),
            .description = OTEL_STR("Rows of the call log returned") }),
        .errors = otel_instrument_create(&(struct otel_instrument_options){
            .kind = OTEL_COUNTER,
            .name = OTEL_STR("board.errors"),
            .unit = OTEL_STR("{error}"),
            .description = OTEL_STR("Requests that failed inside the application") }),
    };
}

void telemetry_call(const struct http_exchange *exchange, struct otel_str body,
                    struct call_number first, struct call_number second)
{
    const struct call_number numbers[] = { first, second };
    struct otel_span *span = otel_request_span();
    struct otel_attribute attributes[3];
    size_t count = 0;

    if (exchange->request.client_address[0] != '\0')
        attributes[count++] =
            otel_attribute_string(OTEL_CLIENT_ADDRESS, otel_str(exchange->request.client_address));
    for (size_t i = 0; i < 2; i++) {
        if (numbers[i].key.text == NULL)
            continue;
        attributes[count++] = otel_attribute_int(numbers[i].key, numbers[i].value);
        otel_span_set_int(span, numbers[i].key, numbers[i].value);
    }
    otel_log(OTEL_SEVERITY_INFO, body, attributes, count);
}

void telemetry_failure(const struct telemetry *telemetry, struct otel_str error_type)
{
    struct otel_attribute type = otel_attribute_string(OTEL_ERROR_TYPE, error_type);

    otel_request_set_error(error_type);
    otel_measure_int(telemetry->errors, 1, &type, 1);
}
