/* Instruments and log records of the service. */
#include "handlers/telemetry.h"

#include "base/clock.h"
#include "otel/log.h"
#include "otel/request.h"
#include "otel/semconv.h"

static const double COUNT_BOUNDS[] = { 0,   1,   2,    5,    10,   20,    50,    100,
                                       200, 500, 1000, 2000, 5000, 10000, 100000 };

static const double QUEUE_BOUNDS[] = { 0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000 };

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
        .queue_time = otel_instrument_create(&(struct otel_instrument_options){
            .kind = OTEL_HISTOGRAM,
            .name = OTEL_STR("board.queue_time"),
            .unit = OTEL_STR("ms"),
            .description = OTEL_STR("Time between the front and the worker, in whole ms"),
            .bounds = QUEUE_BOUNDS,
            .bounds_count = sizeof QUEUE_BOUNDS / sizeof QUEUE_BOUNDS[0] }),
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

/* Reads digits on; false when there are none, or too many for any time. */
static bool digits_read(const char **text, int digits_max, uint64_t *number)
{
    const char *start = *text;

    for (; **text >= '0' && **text <= '9'; ++*text) {
        if (*text - start == digits_max)
            return false;
        *number = *number * 10 + (uint64_t)(**text - '0');
    }
    return *text > start;
}

/* "1700000000.123" as milliseconds; 0 for anything else. */
static uint64_t front_time_ms(const char *text)
{
    uint64_t seconds = 0;
    uint64_t ms = 0;
    const char *fraction = NULL;

    if (!digits_read(&text, 10, &seconds) || seconds >= UINT32_MAX || *text != '.')
        return 0;
    fraction = ++text;
    if (!digits_read(&text, 3, &ms) || text - fraction != 3 || *text != '\0')
        return 0;
    return seconds * 1000 + ms;
}

void telemetry_begin(const struct telemetry *telemetry, const struct http_exchange *exchange)
{
    uint64_t front_ms = front_time_ms(exchange->request.front_time);
    uint64_t now_ms = clock_wall_ns() / CLOCK_NS_PER_MS;
    int64_t waited_ms = now_ms > front_ms ? (int64_t)(now_ms - front_ms) : 0;

    if (front_ms == 0 || exchange->request.is_suppressed)
        return;
    otel_span_set_int(otel_request_span(), BOARD_QUEUE_TIME, waited_ms);
    otel_measure_int(telemetry->queue_time, waited_ms, NULL, 0);
}

void telemetry_failure(const struct telemetry *telemetry, struct otel_str error_type)
{
    struct otel_attribute type = otel_attribute_string(OTEL_ERROR_TYPE, error_type);

    otel_request_set_error(error_type);
    otel_measure_int(telemetry->errors, 1, &type, 1);
}
