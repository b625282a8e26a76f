#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/encode/proto_attribute.h"
#include "otel/semconv.h"

#include <string.h>

enum { FIELD = 9, TEXT_MAX = 8192 };

static char text[TEXT_MAX];

/* Field by field, by the writer that needs no length before. */
static void expect(struct buf *out, const struct record_view *item)
{
    struct proto_message pair = proto_message_begin(out, FIELD, PROTO_SMALL), value;

    proto_string(out, 1, item->key, item->key_length);
    value = proto_message_begin(out, 2, PROTO_SMALL);
    if (item->type == RECORD_VALUE_INT)
        proto_varint(out, 3, (uint64_t)record_view_int(item));
    else
        proto_string(out, 1, (const char *)item->value, item->value_length);
    proto_message_end(out, value);
    proto_message_end(out, pair);
}

static void assert_same(const struct record_view *item)
{
    struct buf out, expected;

    buf_init(&out, SIZE_MAX);
    buf_init(&expected, SIZE_MAX);
    proto_attribute_list(&out, FIELD, item, 1, LIMITS_NONE);
    expect(&expected, item);
    if (out.length != expected.length || memcmp(out.data, expected.data, out.length) != 0)
        fail_msg("key %.*s, value of %u bytes", (int)item->key_length, item->key,
                 item->value_length);
    buf_release(&out);
    buf_release(&expected);
}

static struct record_view item_of(struct otel_key key, enum record_value_type type,
                                  const void *value, uint32_t length)
{
    return (struct record_view){
        .kind = RECORD_ITEM_ATTRIBUTE,
        .type = type,
        .key_id = key.id,
        .key = key.text,
        .key_length = key.length,
        .value = value,
        .value_length = length,
    };
}

static void test_texts_of_any_length_are_what_the_slow_writer_writes(void **state)
{
    (void)state;
    memset(text, 'x', sizeof text);
    for (uint32_t length = 0; length <= TEXT_MAX; length += length < 300 ? 1 : 97) {
        struct otel_key own = { text, length < 300 ? (uint16_t)(length + 1) : 3, 0 };
        struct record_view items[] = {
            item_of(OTEL_URL_PATH, RECORD_VALUE_STRING, text, length),
            item_of(own, RECORD_VALUE_STRING, text, length),
        };

        assert_same(&items[0]);
        assert_same(&items[1]);
    }
}

static void test_keys_and_texts_beyond_ascii_are_what_the_slow_writer_writes(void **state)
{
    static const char *const texts[] = { "\xc3\xa9", "\xff", "x\xe2\x80",
                                         "12345678\xf0\x9f\x98\x80" };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        uint16_t length = (uint16_t)strlen(texts[i]);
        struct record_view items[] = {
            item_of(OTEL_URL_PATH, RECORD_VALUE_STRING, texts[i], length),
            item_of((struct otel_key){ texts[i], length, 0 }, RECORD_VALUE_STRING, "v", 1),
        };

        assert_same(&items[0]);
        assert_same(&items[1]);
    }
}

static void test_every_known_key_and_any_number_is_what_the_slow_writer_writes(void **state)
{
    (void)state;
    for (uint16_t id = 1; id <= OTEL_SEMCONV_COUNT; id++) {
        const char *key = record_key_text(id);
        int64_t number = id % 2 ? INT64_C(1) << id % 63 : -id;
        struct record_view item = item_of((struct otel_key){ key, (uint16_t)strlen(key), id },
                                          RECORD_VALUE_INT, &number, sizeof number);

        assert_same(&item);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts_of_any_length_are_what_the_slow_writer_writes),
        cmocka_unit_test(test_keys_and_texts_beyond_ascii_are_what_the_slow_writer_writes),
        cmocka_unit_test(test_every_known_key_and_any_number_is_what_the_slow_writer_writes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
