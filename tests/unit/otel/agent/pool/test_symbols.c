#include "agent/pool/symbols.h"
#include "base/mem.h"
#include "otel/semconv.h"
#include "record/modules.h"
#include "segment/check.h"
#include "segment/write.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../../../fakes/fake_segment.h"

#define SELF ((struct symbols_owner){ .pid = (int32_t)getpid() })
static const struct symbols_owner NOBODY = { .pid = 0 };

__attribute__((noinline)) static uint64_t return_address(void)
{
    return (uint64_t)(uintptr_t)__builtin_return_address(0);
}

static void test_frame_becomes_function_file_and_line(void **state)
{
    struct symbols *symbols = symbols_create();
    char expected[160];
    struct buf text;
    int line = __LINE__ + 1;
    uint64_t frame = return_address();

    (void)state;
    buf_init(&text, 4096);
    symbols_stack_text(symbols, &SELF, &frame, 1, false, &text);
    buf_add(&text, "", 1);
    (void)snprintf(expected, sizeof expected,
                   "  at %s (tests/unit/otel/agent/pool/test_symbols.c:%d)", __func__, line);
    assert_string_equal(text.data, expected);
    buf_release(&text);
    symbols_destroy(symbols);
}

static void test_same_place_gives_the_same_text_again(void **state)
{
    struct symbols *symbols = symbols_create();
    uint64_t frame = return_address();
    struct buf first;
    struct buf again;
    struct buf exact;

    (void)state;
    buf_init(&first, 4096);
    buf_init(&again, 4096);
    buf_init(&exact, 4096);
    symbols_stack_text(symbols, &SELF, &frame, 1, false, &first);
    symbols_stack_text(symbols, &SELF, &frame, 1, true, &exact);
    symbols_stack_text(symbols, &SELF, &frame, 1, false, &again);
    assert_int_equal(first.length, again.length);
    assert_memory_equal(first.data, again.data, first.length);
    assert_true(exact.length > 0); /* where it stands, not where it came from: another text */
    buf_release(&first);
    buf_release(&again);
    buf_release(&exact);
    symbols_destroy(symbols);
    assert_int_equal(mem_live(), 0);
}

static void test_unknown_process_gives_numbers(void **state)
{
    const uint64_t frames[] = { 0x1234, 0x5678 };
    struct symbols *symbols = symbols_create();
    struct buf text;

    (void)state;
    buf_init(&text, 4096);
    symbols_stack_text(symbols, &NOBODY, frames, 2, false, &text);
    buf_add(&text, "", 1);
    assert_string_equal(text.data, "  at 0x1234\n  at 0x5678");
    buf_release(&text);
    symbols_destroy(symbols);
}

static void test_who_died_too_soon_is_known_by_its_own_word(void **state)
{
    static struct segment_modules modules;
    const struct symbols_owner dead = { .pid = 0x7ffffff0, .modules = &modules };
    struct symbols *symbols = symbols_create();
    char expected[160];
    struct buf text;
    int line = __LINE__ + 1;
    uint64_t frame = return_address();

    (void)state;
    modules_tell(&modules, dead.pid);
    assert_true(modules.count > 1);
    buf_init(&text, 4096);
    symbols_stack_text(symbols, &dead, &frame, 1, false, &text);
    buf_add(&text, "", 1);
    (void)snprintf(expected, sizeof expected,
                   "  at %s (tests/unit/otel/agent/pool/test_symbols.c:%d)", __func__, line);
    assert_string_equal(text.data, expected);
    buf_release(&text);
    symbols_destroy(symbols);
    assert_int_equal(mem_live(), 0);
}

static void test_word_that_lies_gives_numbers(void **state)
{
    static struct segment_modules modules;
    const struct symbols_owner dead = { .pid = 0x7ffffff0, .modules = &modules };
    const uint64_t frames[] = { 0x1234, 0x5678 };
    struct symbols *symbols = symbols_create();
    struct buf text;

    (void)state;
    memset(&modules, 0xff, sizeof modules);
    modules.all[0] = (struct segment_module){ 0x1000, 0x2000, 0, 1, "relative" };
    modules.all[1] = (struct segment_module){ 0x5000, 0x4000, 0, 1, "/dev/zero" };
    buf_init(&text, 4096);
    symbols_stack_text(symbols, &dead, frames, 2, false, &text);
    buf_add(&text, "", 1);
    assert_string_equal(text.data, "  at 0x1234\n  at 0x5678");
    symbols_forget(symbols, dead.pid);
    buf_release(&text);
    symbols_destroy(symbols);
}

static size_t log_with_stack(uint8_t *record, size_t body_length)
{
    static char body[RECORD_VALUE_BYTES_MAX];
    struct record_log log = { .header = { .type = RECORD_LOG, .version = RECORD_VERSION } };
    uint64_t frames[SEGMENT_STACK_FRAMES];
    size_t size = sizeof log;

    memset(body, 'b', sizeof body);
    for (size_t i = 0; i < SEGMENT_STACK_FRAMES; i++)
        frames[i] = 0x1000 + i;
    memcpy(record, &log, sizeof log);
    size = record_item_put(record, RECORD_BYTES_MAX, size,
                           &(struct record_item_source){ .kind = RECORD_ITEM_STACK,
                                                         .type = RECORD_VALUE_STACK,
                                                         .value = frames,
                                                         .value_length = sizeof frames });
    size = record_item_put(record, RECORD_BYTES_MAX, size,
                           &(struct record_item_source){ .kind = RECORD_ITEM_BODY,
                                                         .type = RECORD_VALUE_STRING,
                                                         .value = body,
                                                         .value_length = (uint32_t)body_length });
    assert_int_not_equal(size, 0);
    memcpy(record, &(uint32_t){ (uint32_t)size }, sizeof(uint32_t));
    assert_true(record_check(record, size));
    return size;
}

static void test_stack_of_a_record_becomes_an_attribute(void **state)
{
    alignas(8) uint8_t record[RECORD_BYTES_MAX];
    struct symbols *symbols = symbols_create();
    struct record_view item;
    size_t size = log_with_stack(record, 5);

    (void)state;
    size = symbols_resolve(symbols, &NOBODY, record, size);
    assert_true(record_check(record, size));
    assert_true(fake_record_find(record, RECORD_ITEM_ATTRIBUTE, "exception.stacktrace", &item));
    assert_memory_equal(item.value, "  at 0x1000\n  at 0x1001", 23);
    fake_record_assert_none(record, RECORD_ITEM_STACK, NULL);
    fake_record_assert_text(record, RECORD_ITEM_BODY, NULL, "bbbbb");
    symbols_destroy(symbols);
}

static size_t item_put(uint8_t *record, size_t size, uint8_t kind, uint8_t type, const char *key,
                       const void *value, size_t value_length)
{
    return record_item_put(record, RECORD_BYTES_MAX, size,
                           &(struct record_item_source){ .kind = kind,
                                                         .type = type,
                                                         .key = key,
                                                         .key_length = (uint32_t)strlen(key),
                                                         .value = value,
                                                         .value_length = (uint32_t)value_length });
}

static void test_stack_in_a_span_stays_with_its_event(void **state)
{
    static const uint8_t expected[] = { RECORD_ITEM_EVENT, RECORD_ITEM_EVENT_ATTRIBUTE,
                                        RECORD_ITEM_EVENT };
    alignas(8) uint8_t record[RECORD_BYTES_MAX];
    struct record_span span = { .header = { .type = RECORD_SPAN, .version = RECORD_VERSION } };
    struct symbols *symbols = symbols_create();
    const uint64_t frame = 0x1000;
    const int64_t time_ns = 1;
    struct record_view item;
    size_t size = sizeof span;
    size_t offset = 0;

    (void)state;
    memcpy(record, &span, sizeof span);
    size = item_put(record, size, RECORD_ITEM_EVENT, RECORD_VALUE_INT, "exception", &time_ns, 8);
    size = item_put(record, size, RECORD_ITEM_STACK, RECORD_VALUE_STACK, "", &frame, 8);
    size = item_put(record, size, RECORD_ITEM_EVENT, RECORD_VALUE_INT, "later", &time_ns, 8);
    memcpy(record, &(uint32_t){ (uint32_t)size }, sizeof(uint32_t));

    size = symbols_resolve(symbols, &NOBODY, record, size);

    assert_true(record_check(record, size));
    for (size_t i = 0; i < sizeof expected; i++) {
        assert_true(record_item_next(record, &offset, &item));
        assert_int_equal(item.kind, expected[i]);
        if (item.kind == RECORD_ITEM_EVENT_ATTRIBUTE)
            assert_memory_equal(item.value, "  at 0x1000", 11);
    }
    assert_false(record_item_next(record, &offset, &item));
    symbols_destroy(symbols);
}

static void test_record_without_stack_stays_as_it_is(void **state)
{
    alignas(8) uint8_t record[RECORD_BYTES_MAX];
    struct record_log log = {
        .header = { .size = sizeof log, .type = RECORD_LOG, .version = RECORD_VERSION }
    };
    struct symbols *symbols = symbols_create();

    (void)state;
    memcpy(record, &log, sizeof log);
    assert_int_equal(symbols_resolve(symbols, &NOBODY, record, sizeof log), sizeof log);
    assert_memory_equal(record, &log, sizeof log);
    symbols_destroy(symbols);
}

static void test_processes_are_bounded(void **state)
{
    struct symbols *symbols = symbols_create();
    struct buf text;
    const uint64_t frame = 0x10;

    (void)state;
    for (int i = 0; i < 100; i++)
        symbols_learn(symbols, (int32_t)getpid());
    symbols_forget(symbols, (int32_t)getpid());
    symbols_forget(symbols, 12345);
    buf_init(&text, 16); /* and a text that does not fit is no harm */
    for (int i = 0; i < 10; i++)
        symbols_stack_text(symbols, &NOBODY, &frame, 1, true, &text);
    assert_true(text.length <= 16);
    buf_release(&text);
    symbols_destroy(symbols);
    assert_int_equal(mem_live(), 0);
}

/* Files of one's own under many names, which a process of this number would have loaded. */
static void links_tell(struct segment_modules *modules, const char *folder, int32_t pid, int count)
{
    struct stat facts;

    memset(modules, 0, sizeof *modules);
    assert_int_equal(stat("/proc/self/exe", &facts), 0);
    for (int i = 0; i < count; i++) {
        struct segment_module *module = &modules->all[i];

        module->start = 0x1000;
        module->end = 0x2000;
        module->inode = facts.st_ino;
        (void)snprintf(module->path, sizeof module->path, "%s/%d-%d", folder, pid, i);
        assert_int_equal(symlink("/proc/self/exe", module->path), 0);
    }
    modules->pid = pid;
    modules->count = (uint32_t)count;
}

static void links_remove(const struct segment_modules *modules)
{
    for (uint32_t i = 0; i < modules->count; i++)
        (void)unlink(modules->all[i].path);
}

/* Reading a file anew takes so long that a launcher would fall behind deaths in a row. */
static void test_files_of_the_dead_stay_open_for_those_to_come_up_to_a_limit(void **state)
{
    static struct segment_modules all[2];
    struct symbols *symbols = symbols_create();
    char folder[] = "/tmp/board-symbols-XXXXXX";
    const uint64_t frame = 0x1234;
    long live[2];
    struct buf text;

    (void)state;
    assert_non_null(mkdtemp(folder));
    buf_init(&text, 65536);
    for (int32_t i = 0; i < 2; i++) {
        const struct symbols_owner dead = { .pid = 0x7ffffff0 + i, .modules = &all[i] };

        links_tell(&all[i], folder, dead.pid, i == 0 ? SEGMENT_MODULE_COUNT : 8);
        symbols_stack_text(symbols, &dead, &frame, 1, true, &text);
        live[i] = mem_live();
        symbols_forget(symbols, dead.pid);
        assert_int_equal(mem_live(), live[0]);
    }
    assert_int_equal(live[1], live[0] + 8 + 1); /* and the text of a place */
    buf_release(&text);
    symbols_destroy(symbols);
    assert_int_equal(mem_live(), 0);
    for (int i = 0; i < 2; i++)
        links_remove(&all[i]);
    (void)rmdir(folder);
}

/* Kept by its pid: that of nobody would be read, with all its files, again and again. */
static void test_word_of_no_process_opens_no_file(void **state)
{
    static const int32_t nobodies[] = { 0, -1 };
    static struct segment_modules modules;
    char folder[] = "/tmp/board-symbols-XXXXXX";
    const uint64_t frame = 0x1234;

    (void)state;
    assert_non_null(mkdtemp(folder));
    links_tell(&modules, folder, 1, 8);
    for (size_t i = 0; i < 2; i++) {
        const struct symbols_owner dead = { .pid = 0x7ffffff0, .modules = &modules };
        struct symbols *symbols = symbols_create();
        struct buf text;

        modules.pid = nobodies[i];
        buf_init(&text, 4096);
        symbols_stack_text(symbols, &dead, &frame, 1, true, &text);
        buf_add(&text, "", 1);
        assert_string_equal(text.data, "  at 0x1234");
        buf_release(&text);
        symbols_destroy(symbols);
    }
    links_remove(&modules);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frame_becomes_function_file_and_line),
        cmocka_unit_test(test_same_place_gives_the_same_text_again),
        cmocka_unit_test(test_unknown_process_gives_numbers),
        cmocka_unit_test(test_who_died_too_soon_is_known_by_its_own_word),
        cmocka_unit_test(test_word_that_lies_gives_numbers),
        cmocka_unit_test(test_stack_of_a_record_becomes_an_attribute),
        cmocka_unit_test(test_stack_in_a_span_stays_with_its_event),
        cmocka_unit_test(test_record_without_stack_stays_as_it_is),
        cmocka_unit_test(test_processes_are_bounded),
        cmocka_unit_test(test_files_of_the_dead_stay_open_for_those_to_come_up_to_a_limit),
        cmocka_unit_test(test_word_of_no_process_opens_no_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
