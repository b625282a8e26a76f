#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../record_sample.h"
#include "agent/sdk/batch.h"
#include "base/mem.h"

static struct sample sample_of(uint64_t number)
{
    struct sample sample;

    sample_span(&sample, RECORD_SCOPE_FCGI, "GET");
    ((struct record_span *)sample.record)->start_ns = number;
    return sample;
}

static bool push(struct batch *batch, uint64_t number)
{
    struct sample sample = sample_of(number);

    return batch_push(batch, sample.record, sample.used);
}

/* The numbers of what a reader is given next, which it then leaves behind. */
static uint32_t take(struct batch *batch, unsigned reader, uint32_t count_max, uint64_t *first)
{
    const uint8_t *records[64];
    uint32_t count = batch_peek(batch, reader, records, count_max, SIZE_MAX);

    if (count > 0)
        *first = ((const struct record_span *)records[0])->start_ns;
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(((const struct record_span *)records[i])->start_ns, *first + i);
    batch_advance(batch, reader, count);
    return count;
}

static void test_full_queue_drops_the_newest_and_counts_it(void **state)
{
    struct batch batch;
    uint64_t first = 0;

    (void)state;
    batch_init(&batch, 3, 1 << 20);
    (void)batch_reader_add(&batch);

    for (uint64_t i = 0; i < 3; i++)
        assert_true(push(&batch, i));
    assert_false(batch_has_room(&batch));
    assert_false(push(&batch, 3));

    assert_int_equal(batch.dropped, 1);
    assert_int_equal(take(&batch, 0, 64, &first), 3);
    assert_int_equal(first, 0);
    assert_true(batch_has_room(&batch));
    batch_release(&batch);
}

static void test_queue_is_full_by_bytes_too(void **state)
{
    struct sample sample = sample_of(0);
    struct batch batch;

    (void)state;
    batch_init(&batch, 1000, 2 * sample.used);
    (void)batch_reader_add(&batch);

    assert_true(push(&batch, 0));
    assert_true(push(&batch, 1));
    assert_false(push(&batch, 2));

    assert_int_equal(batch.dropped, 1);
    batch_release(&batch);
}

static void test_each_reader_has_a_place_of_its_own(void **state)
{
    struct batch batch;
    uint64_t first = 0;

    (void)state;
    batch_init(&batch, 10, 1 << 20);
    (void)batch_reader_add(&batch);
    (void)batch_reader_add(&batch);
    for (uint64_t i = 0; i < 4; i++)
        assert_true(push(&batch, i));

    assert_int_equal(take(&batch, 0, 3, &first), 3);
    assert_int_equal(take(&batch, 1, 2, &first), 2);

    assert_int_equal(batch_waiting(&batch, 0), 1);
    assert_int_equal(batch_waiting(&batch, 1), 2);
    assert_int_equal(batch_held(&batch), 2);
    assert_int_equal(take(&batch, 1, 10, &first), 2);
    assert_int_equal(first, 2);
    batch_release(&batch);
}

static void test_batch_is_bounded_by_bytes_but_never_empty(void **state)
{
    const uint8_t *records[4];
    struct sample sample = sample_of(0);
    struct batch batch;

    (void)state;
    batch_init(&batch, 10, 1 << 20);
    (void)batch_reader_add(&batch);
    for (uint64_t i = 0; i < 4; i++)
        assert_true(push(&batch, i));

    assert_int_equal(batch_peek(&batch, 0, records, 4, 1), 1);
    assert_int_equal(batch_peek(&batch, 0, records, 4, 2 * sample.used), 2);
    assert_int_equal(batch_peek(&batch, 0, records, 4, 2 * sample.used + 1), 2);
    batch_release(&batch);
}

/* Many blocks, two readers at changing distances: everything comes once and in order. */
static void test_order_holds_over_blocks_and_memory_is_given_back(void **state)
{
    uint64_t pushed = 0, expected[2] = { 0, 0 }, first = 0;
    long live_before = mem_live();
    struct batch batch;

    (void)state;
    batch_init(&batch, 5000, 1 << 22);
    (void)batch_reader_add(&batch);
    (void)batch_reader_add(&batch);
    for (int round = 0; round < 400; round++) {
        for (int i = 0; i < 50; i++)
            assert_true(push(&batch, pushed++));
        for (unsigned reader = 0; reader < 2; reader++) {
            uint32_t wanted = reader == 0 ? 50 : (uint32_t)(round % 7) * 17;
            uint32_t count = take(&batch, reader, wanted < 64 ? wanted : 64, &first);
            if (count > 0)
                assert_int_equal(first, expected[reader]);
            expected[reader] += count;
        }
    }
    while (batch_waiting(&batch, 1) > 0) {
        uint32_t count = take(&batch, 1, 64, &first);
        assert_int_equal(first, expected[1]);
        expected[1] += count;
    }

    assert_int_equal(expected[0], pushed);
    assert_int_equal(expected[1], pushed);
    assert_int_equal(batch.bytes, 0);
    assert_true(batch.spare_count <= BATCH_SPARE_BLOCKS);
    batch_release(&batch);
    assert_int_equal(mem_live(), live_before);
}

static void test_without_memory_a_record_is_dropped(void **state)
{
    struct batch batch;

    (void)state;
    batch_init(&batch, 10, 1 << 20);
    (void)batch_reader_add(&batch);

    mem_fail_at(0);
    assert_false(push(&batch, 0));
    mem_fail_at(-1);

    assert_int_equal(batch.dropped, 1);
    assert_true(push(&batch, 1));
    batch_release(&batch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full_queue_drops_the_newest_and_counts_it),
        cmocka_unit_test(test_queue_is_full_by_bytes_too),
        cmocka_unit_test(test_each_reader_has_a_place_of_its_own),
        cmocka_unit_test(test_batch_is_bounded_by_bytes_but_never_empty),
        cmocka_unit_test(test_order_holds_over_blocks_and_memory_is_given_back),
        cmocka_unit_test(test_without_memory_a_record_is_dropped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
