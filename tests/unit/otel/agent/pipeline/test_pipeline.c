/* The pipeline as the launcher uses it, with files in a temporary folder as its receiver and,
 * for outages, a port of loopback on which nobody listens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../record_sample.h"
#include "agent/pipeline/pipeline.h"
#include "base/clock.h"
#include "base/mem.h"
#include "otel/semconv.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char folder[] = "/tmp/test_pipeline_XXXXXX";
static char endpoint[64];
static struct settings settings;
static struct pipeline *pipeline;

/* A port that nobody listens on: bound, so that nobody else takes it either. */
static int closed_port = -1;

static int setup(void **state)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t size = sizeof address;

    (void)state;
    memcpy(folder + sizeof folder - 7, "XXXXXX", 6);
    assert_non_null(mkdtemp(folder));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    closed_port = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(closed_port, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(getsockname(closed_port, (struct sockaddr *)&address, &size), 0);
    snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%u/", ntohs(address.sin_port));
    settings = (struct settings){
        .service_name = (char *)"board",
        .resource_attributes = (char *)"",
        .pool = (char *)"log",
        .file_dir = folder,
        .exporters = { EXPORTER_OTLP_FILE, EXPORTER_OTLP_FILE, EXPORTER_OTLP_FILE },
        .span_batch = { 5000, 30000, 100, 10 },
        .log_batch = { 1000, 30000, 100, 10 },
        .metric_interval_ms = 60000,
        .limits = { 128, SETTINGS_NO_LIMIT, 128, 128, 128, 128, 128, SETTINGS_NO_LIMIT },
    };
    for (int i = 0; i < SIGNAL_COUNT; i++)
        settings.otlp[i] = (struct settings_otlp){ .endpoint = endpoint,
                                                   .headers = (char *)"",
                                                   .certificate = (char *)"",
                                                   .client_certificate = (char *)"",
                                                   .client_key = (char *)"" };
    return 0;
}

static int teardown(void **state)
{
    static const char *const names[] = { "traces.json", "metrics.json", "logs.json" };
    char path[128];

    (void)state;
    pipeline_destroy(pipeline);
    pipeline = NULL;
    close(closed_port);
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    return rmdir(folder);
}

static void create(pipeline_collect_fn collect)
{
    pipeline = pipeline_create(&settings, NULL, 0, 0, collect, NULL);
    assert_non_null(pipeline);
}

static void push_spans(unsigned count)
{
    static struct sample sample;

    sample_span(&sample, RECORD_SCOPE_FCGI, "GET");
    for (unsigned i = 0; i < count; i++)
        pipeline_span(pipeline, sample.record, sample.used);
}

static unsigned count_in_file(const char *name, const char *text)
{
    static char content[1 << 20];
    char path[128];
    unsigned count = 0;
    size_t length;
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "r");
    if (file == NULL)
        return 0;
    length = fread(content, 1, sizeof content - 1, file);
    fclose(file);
    content[length] = '\0';
    for (const char *at = content; (at = strstr(at, text)) != NULL; at++)
        count++;
    return count;
}

static struct pipeline_books books(enum settings_signal signal)
{
    struct pipeline_books out;

    pipeline_books(pipeline, signal, &out);
    return out;
}

static void test_batch_goes_out_when_it_is_full_and_the_rest_after_the_delay(void **state)
{
    uint64_t now_ns = clock_monotonic_ns(), next_ns;

    (void)state;
    create(NULL);
    push_spans(13);
    next_ns = pipeline_step(pipeline, now_ns);
    assert_int_equal(books(SIGNAL_TRACES).exported, 10);
    assert_int_equal(books(SIGNAL_TRACES).queued, 3);
    assert_in_range(next_ns, now_ns + 2500 * CLOCK_NS_PER_MS, now_ns + 5000 * CLOCK_NS_PER_MS);

    (void)pipeline_step(pipeline, next_ns);

    assert_int_equal(books(SIGNAL_TRACES).exported, 13);
    assert_int_equal(count_in_file("traces.json", "\"spanId\""), 13);
    assert_int_equal(count_in_file("traces.json", "resourceSpans"), 2);
    assert_true(pipeline_last_export_ns(pipeline) > 0);
}

static void test_shutdown_sends_everything_and_a_last_collection(void **state)
{
    static struct sample sample;

    (void)state;
    create(NULL);
    push_spans(5);
    sample_log(&sample, RECORD_SCOPE_APPLICATION, "text");
    pipeline_log(pipeline, sample.record, sample.used);
    pipeline_shutdown(pipeline, clock_monotonic_ns() + CLOCK_NS_PER_S);

    assert_int_equal(books(SIGNAL_TRACES).exported, 5);
    assert_int_equal(books(SIGNAL_LOGS).exported, 1);
    assert_int_equal(count_in_file("metrics.json", "otel.sdk.exporter.span.exported"), 1);
    assert_int_equal(count_in_file("metrics.json", "\"asInt\":\"5\""), 2); /* processed, exported */
    assert_int_equal(count_in_file("logs.json", "\"fcgi.pool\""), 1);
}

static void test_books_balance_through_an_outage(void **state)
{
    static const unsigned sizes[] = { 1, 60, 100, 10, 700 };
    uint64_t pushed = 0, now_ns = clock_monotonic_ns();
    struct pipeline_books found;

    (void)state;
    settings.exporters[SIGNAL_TRACES] = EXPORTER_OTLP;
    create(NULL);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        push_spans(sizes[i]);
        pushed += sizes[i];
        for (int n = 0; n < 20; n++) {
            (void)pipeline_step(pipeline, now_ns);
            (void)pipeline_wait(pipeline, NULL, 0, 1);
        }
        found = books(SIGNAL_TRACES);
        assert_int_equal(found.exported + found.failed + found.dropped + found.queued, pushed);
        assert_true(found.queued <= 100 + 10);
    }
    assert_int_equal(found.exported, 0);
    assert_true(found.failed > 0);
    assert_int_equal(found.dropped, 0);
    assert_non_null(strstr(pipeline_last_error(pipeline, NULL), "is the collector running?"));
    assert_non_null(strstr(pipeline_last_error(pipeline, NULL), "of 100)"));
    pipeline_shutdown(pipeline, clock_monotonic_ns() + CLOCK_NS_PER_S);

    found = books(SIGNAL_TRACES);
    assert_int_equal(found.failed, pushed);
    assert_int_equal(found.queued, 0);
}

static void test_there_is_room_until_the_next_record_would_be_dropped(void **state)
{
    (void)state;
    create(NULL);
    push_spans(99);
    assert_true(pipeline_has_room(pipeline, SIGNAL_TRACES));
    push_spans(1);
    assert_false(pipeline_has_room(pipeline, SIGNAL_TRACES));
    assert_true(pipeline_has_room(pipeline, SIGNAL_LOGS));
    push_spans(1);

    assert_int_equal(books(SIGNAL_TRACES).dropped, 1);
}

static void test_shutdown_ends_at_its_deadline_when_the_receiver_hangs(void **state)
{
    uint64_t began_ns;

    (void)state;
    assert_int_equal(listen(closed_port, 16), 0); /* accepts, and never answers */
    settings.exporters[SIGNAL_TRACES] = settings.exporters[SIGNAL_METRICS] = EXPORTER_OTLP;
    create(NULL);
    push_spans(25);
    began_ns = clock_monotonic_ns();
    pipeline_shutdown(pipeline, began_ns + CLOCK_NS_PER_S / 4);

    assert_true(clock_monotonic_ns() - began_ns < CLOCK_NS_PER_S / 2);
    assert_int_equal(books(SIGNAL_TRACES).failed, 25);
    assert_int_equal(books(SIGNAL_TRACES).queued, 0);
}

static void observe_posts(void *user, struct pipeline *observed)
{
    static const struct pipeline_observable posts = {
        .name = "board.open", .unit = "{request}", .description = "", .scope = RECORD_SCOPE_LAUNCHER
    };
    struct otel_attribute route = otel_attribute_string(OTEL_HTTP_ROUTE, OTEL_STR("/board"));

    (void)user;
    pipeline_observe_int(observed, &posts, 77, &route, 1);
}

static void test_collection_asks_for_what_is_observed(void **state)
{
    uint64_t now_ns = clock_monotonic_ns(), next_ns;

    (void)state;
    settings.metric_interval_ms = 500;
    create(observe_posts);
    observe_posts(NULL, pipeline); /* outside a collection: nothing */
    next_ns = pipeline_step(pipeline, now_ns);
    assert_true(next_ns <= now_ns + 510 * CLOCK_NS_PER_MS);
    (void)pipeline_step(pipeline, next_ns);
    (void)pipeline_step(pipeline, next_ns + 500 * CLOCK_NS_PER_MS);

    assert_int_equal(count_in_file("metrics.json", "resourceMetrics"), 2);
    assert_int_equal(count_in_file("metrics.json", "\"asInt\":\"77\""), 2);
}

static void test_measurements_go_on_over_collections(void **state)
{
    struct segment_instrument calls = { .name = "calls" };
    uint64_t now_ns = clock_monotonic_ns();
    static struct sample sample;

    (void)state;
    settings.metric_interval_ms = 100;
    create(NULL);
    sample_measurement(&sample, 0, 4);
    for (uint64_t i = 1; i <= 2; i++) {
        pipeline_measure(pipeline, &calls, sample.record, sample.used);
        (void)pipeline_step(pipeline, now_ns + i * CLOCK_NS_PER_S);
    }

    assert_int_equal(count_in_file("metrics.json", "\"asInt\":\"4\""), 1);
    assert_int_equal(count_in_file("metrics.json", "\"asInt\":\"8\""), 1);
}

static void test_disabled_pipeline_takes_and_sends_nothing(void **state)
{
    (void)state;
    settings.is_disabled = true;
    create(NULL);
    push_spans(3);
    pipeline_shutdown(pipeline, clock_monotonic_ns() + CLOCK_NS_PER_S);

    assert_int_equal(books(SIGNAL_TRACES).exported, 0);
    assert_int_equal(books(SIGNAL_TRACES).dropped, 3);
    assert_int_equal(count_in_file("metrics.json", "resource"), 0);
}

static void test_two_destinations_get_everything_each(void **state)
{
    (void)state;
    settings.exporters[SIGNAL_TRACES] = EXPORTER_OTLP | EXPORTER_OTLP_FILE;
    create(NULL);
    push_spans(30);
    for (int n = 0; n < 20; n++) {
        (void)pipeline_step(pipeline, clock_monotonic_ns());
        (void)pipeline_wait(pipeline, NULL, 0, 1);
    }

    assert_int_equal(count_in_file("traces.json", "\"spanId\""), 30);
    assert_int_equal(books(SIGNAL_TRACES).exported, 0);
    assert_int_equal(books(SIGNAL_TRACES).queued, 30);
}

static void test_creation_survives_every_failed_allocation(void **state)
{
    (void)state;
    for (long n = 0;; n++) {
        long live_before = mem_live();
        bool is_made;

        mem_fail_at(n);
        pipeline = pipeline_create(&settings, NULL, 0, 0, NULL, NULL);
        mem_fail_at(-1);
        is_made = pipeline != NULL && pipeline_has_room(pipeline, SIGNAL_TRACES);
        pipeline_destroy(pipeline);
        pipeline = NULL;
        assert_int_equal(mem_live(), live_before);
        if (is_made && n > 30)
            break;
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_batch_goes_out_when_it_is_full_and_the_rest_after_the_delay),
        TEST(test_shutdown_sends_everything_and_a_last_collection),
        TEST(test_books_balance_through_an_outage),
        TEST(test_there_is_room_until_the_next_record_would_be_dropped),
        TEST(test_shutdown_ends_at_its_deadline_when_the_receiver_hangs),
        TEST(test_collection_asks_for_what_is_observed),
        TEST(test_measurements_go_on_over_collections),
        TEST(test_disabled_pipeline_takes_and_sends_nothing),
        TEST(test_two_destinations_get_everything_each),
        TEST(test_creation_survives_every_failed_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
