/* Records to a chunk and back, and what is no chunk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../record_sample.h"
#include "agent/spool/chunk.h"
#include "base/mem.h"

static struct buf gathered, packed, room;
static const uint8_t *records[CHUNK_RECORDS_MAX];

static int setup(void **state)
{
    (void)state;
    buf_init(&gathered, CHUNK_BYTES_MAX);
    buf_init(&packed, (size_t)CHUNK_BYTES_MAX * 2);
    buf_init(&room, CHUNK_BYTES_MAX);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    buf_release(&gathered);
    buf_release(&packed);
    buf_release(&room);
    return 0;
}

static void gather(const struct sample *sample, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *record = sample->record;
        assert_true(chunk_gather(&gathered, &record, 1));
    }
}

static uint32_t pack_and_unpack(enum record_type type)
{
    buf_clear(&packed);
    assert_true(chunk_pack(&gathered, &packed));
    return chunk_unpack(packed.data, packed.length, type, &room, records);
}

static void test_what_goes_in_comes_out(void **state)
{
    static struct sample span, log;

    (void)state;
    sample_span(&span, RECORD_SCOPE_FCGI, "GET");
    gather(&span, 1000);
    assert_int_equal(pack_and_unpack(RECORD_SPAN), 1000);
    assert_memory_equal(records[0], span.record, span.used);
    assert_memory_equal(records[999], span.record, span.used);
    assert_true(packed.length < gathered.length / 10);
    assert_int_equal(pack_and_unpack(RECORD_LOG), 0); /* of another type */

    buf_clear(&gathered);
    sample_log(&log, RECORD_SCOPE_FCGI, "text");
    gather(&log, 3);
    assert_int_equal(pack_and_unpack(RECORD_LOG), 3);
}

static void test_the_first_record_that_lies_ends_it(void **state)
{
    static const uint32_t sizes[] = { 0, 8, 44, UINT32_MAX, RECORD_BYTES_MAX + 8 };
    static struct sample span;

    (void)state;
    sample_span(&span, RECORD_SCOPE_FCGI, "GET");
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        buf_clear(&gathered);
        gather(&span, 5);
        memcpy(gathered.data + 2 * span.used, &sizes[i], sizeof sizes[i]);
        assert_int_equal(pack_and_unpack(RECORD_SPAN), 2);
    }
    buf_clear(&gathered);
    gather(&span, 5);
    gathered.length -= 8; /* cut off */
    assert_int_equal(pack_and_unpack(RECORD_SPAN), 4);
}

static void test_what_is_not_deflated_is_nothing(void **state)
{
    static struct sample span;

    (void)state;
    sample_span(&span, RECORD_SCOPE_FCGI, "GET");
    gather(&span, 5);
    assert_int_equal(chunk_unpack("nonsense", 8, RECORD_SPAN, &room, records), 0);
    assert_int_equal(chunk_unpack("", 0, RECORD_SPAN, &room, records), 0);
    assert_int_equal(pack_and_unpack(RECORD_SPAN), 5);
    for (size_t length = 0; length < packed.length; length++)
        assert_int_equal(chunk_unpack(packed.data, length, RECORD_SPAN, &room, records), 0);
}

static void test_more_than_a_chunk_holds_is_refused_both_ways(void **state)
{
    static struct sample span;
    const uint8_t *record = span.record;

    (void)state;
    sample_span(&span, RECORD_SCOPE_FCGI, "GET");
    buf_release(&gathered);
    buf_init(&gathered, (size_t)CHUNK_BYTES_MAX * 3);
    while (gathered.length <= CHUNK_BYTES_MAX)
        assert_true(chunk_gather(&gathered, &record, 1));
    assert_false(chunk_pack(&gathered, &packed));
    gathered.length = CHUNK_BYTES_MAX / span.used * span.used;
    assert_int_equal(pack_and_unpack(RECORD_SPAN), CHUNK_BYTES_MAX / span.used);

    buf_release(&gathered);
    buf_init(&gathered, span.used);
    assert_true(chunk_gather(&gathered, &record, 1));
    assert_false(chunk_gather(&gathered, &record, 1));
}

static void test_no_memory_is_an_answer(void **state)
{
    static struct sample span;

    (void)state;
    sample_span(&span, RECORD_SCOPE_FCGI, "GET");
    gather(&span, 5);
    mem_fail_at(0);
    assert_false(chunk_pack(&gathered, &packed));
    mem_fail_at(-1);
    buf_clear(&packed);
    assert_true(chunk_pack(&gathered, &packed));
    mem_fail_at(0);
    assert_int_equal(chunk_unpack(packed.data, packed.length, RECORD_SPAN, &room, records), 0);
    mem_fail_at(-1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_goes_in_comes_out),
        TEST(test_the_first_record_that_lies_ends_it),
        TEST(test_what_is_not_deflated_is_nothing),
        TEST(test_more_than_a_chunk_holds_is_refused_both_ways),
        TEST(test_no_memory_is_an_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
