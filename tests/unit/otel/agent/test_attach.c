#include "agent/attach.h"
#include "agent/ledger.h"
#include "segment/map.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/test_attach.XXXXXX";
static char path[sizeof folder + 16];
static char books[sizeof path + 8];
static char pool[] = "board";
static char empty[] = "";
static char headers[] = "x-one,x-two";

static struct settings sample_settings(void)
{
    return (struct settings){
        .pool = pool,
        .segment_path = path,
        .request_headers = headers,
        .response_headers = empty,
        .known_methods = empty,
        .exporters = { EXPORTER_OTLP, 0, EXPORTER_CONSOLE },
        .samplers = { [PARENT_NONE] = { SAMPLER_RATIO, 0.25 },
                      [PARENT_REMOTE_NOT_SAMPLED] = { SAMPLER_ALWAYS_OFF, 0 } },
        .propagators = { SEGMENT_PROPAGATOR_B3, SEGMENT_PROPAGATOR_BAGGAGE },
        .captures_stderr = true,
    };
}

static int folder_make(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    (void)snprintf(path, sizeof path, "%s/segment", folder);
    (void)snprintf(books, sizeof books, "%s.books", path);
    return 0;
}

static int folder_remove(void **state)
{
    (void)state;
    return rmdir(folder);
}

static void test_fresh_segment_is_made_and_removed(void **state)
{
    struct settings settings = sample_settings();
    struct attach attach;

    (void)state;
    assert_int_equal(attach_open(&attach, &settings), ATTACH_FRESH);
    assert_string_equal(attach.segment->header.pool, "board");
    assert_int_equal(access(path, F_OK), 0);
    attach_close(&attach, true);
    assert_int_not_equal(access(path, F_OK), 0);
}

static void test_second_launcher_is_refused(void **state)
{
    struct settings settings = sample_settings();
    struct attach first;
    struct attach second;

    (void)state;
    assert_int_equal(attach_open(&first, &settings), ATTACH_FRESH);
    assert_int_equal(attach_open(&second, &settings), ATTACH_FAILED);
    attach_close(&second, true); /* holds nothing, so removes nothing */
    assert_int_equal(access(path, F_OK), 0);
    attach_close(&first, true);
}

/* As a launcher that named it leaves the file. */
static void ledger_leave(const struct attach *attach, int32_t pid)
{
    struct ledger ledger = { 0 };

    assert_true(ledger_open(&ledger, path, attach->segment, false));
    ledger_name_program(&ledger, pid);
    ledger_close(&ledger, false);
}

static void test_living_program_is_adopted_and_a_dead_one_is_leftover(void **state)
{
    struct settings settings = sample_settings();
    struct attach attach;
    int32_t pid = fork();

    (void)state;
    if (pid == 0)
        for (;;)
            (void)pause();
    assert_int_equal(attach_open(&attach, &settings), ATTACH_FRESH);
    attach_configure(attach.segment, &settings);
    ledger_leave(&attach, pid);
    attach_close(&attach, false);

    assert_int_equal(attach_open(&attach, &settings), ATTACH_ADOPTED);
    assert_int_equal(attach.program_pid, pid);
    attach_close(&attach, false);

    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(attach_open(&attach, &settings), ATTACH_LEFTOVER);
    assert_int_equal(attach.program_pid, 0);
    assert_true(attach_renew(&attach, &settings));
    attach_close(&attach, true);
    assert_int_equal(unlink(books), 0);
}

static void test_whom_the_segment_alone_names_is_not_adopted(void **state)
{
    struct settings settings = sample_settings();
    struct attach attach;

    (void)state;
    assert_int_equal(attach_open(&attach, &settings), ATTACH_FRESH);
    attach_configure(attach.segment, &settings);
    attach_name_program(attach.segment, (int32_t)getppid());
    attach_close(&attach, false);

    assert_int_equal(attach_open(&attach, &settings), ATTACH_LEFTOVER);
    assert_int_equal(attach.program_pid, 0);
    attach_close(&attach, true);
}

static void test_foreign_file_is_replaced(void **state)
{
    struct settings settings = sample_settings();
    struct attach attach;
    FILE *file = fopen(path, "w");

    (void)state;
    assert_non_null(file);
    assert_true(fputs("not a segment", file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(attach_open(&attach, &settings), ATTACH_FRESH);
    attach_close(&attach, true);
}

static void test_configuration_reaches_the_recorder(void **state)
{
    struct settings settings = sample_settings();
    const struct segment_config *config;
    struct attach attach;

    (void)state;
    assert_int_equal(attach_open(&attach, &settings), ATTACH_FRESH);
    attach_configure(attach.segment, &settings);
    config = &attach.segment->header.config;
    assert_int_equal(config->records_traces, 1);
    assert_int_equal(config->records_metrics, 0);
    assert_int_equal(config->records_logs, 1);
    assert_int_equal(config->captures_stderr, 1);
    assert_int_equal(config->sampling.rules[SEGMENT_PARENT_NONE].sampler, SEGMENT_SAMPLER_RATIO);
    assert_int_equal(config->sampling.rules[SEGMENT_PARENT_NONE].bound,
                     UINT64_C(0x4000000000000000));
    assert_int_equal(config->sampling.rules[SEGMENT_PARENT_REMOTE_NOT_SAMPLED].sampler,
                     SEGMENT_SAMPLER_ALWAYS_OFF);
    assert_int_equal(config->propagators[0], SEGMENT_PROPAGATOR_B3);
    assert_int_equal(config->propagators[1], SEGMENT_PROPAGATOR_BAGGAGE);
    assert_int_equal(config->propagators[2], SEGMENT_PROPAGATOR_NONE);
    assert_string_equal(config->request_headers, "x-one,x-two");
    attach_close(&attach, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fresh_segment_is_made_and_removed),
        cmocka_unit_test(test_second_launcher_is_refused),
        cmocka_unit_test(test_living_program_is_adopted_and_a_dead_one_is_leftover),
        cmocka_unit_test(test_whom_the_segment_alone_names_is_not_adopted),
        cmocka_unit_test(test_foreign_file_is_replaced),
        cmocka_unit_test(test_configuration_reaches_the_recorder),
    };

    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
