#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/send/gzip.h"

#include <string.h>
#include <zlib.h>

static void unpack(const struct buf *packed, char *out, size_t out_size, size_t *length)
{
    z_stream stream = { .next_in = (Bytef *)packed->data,
                        .avail_in = (uInt)packed->length,
                        .next_out = (Bytef *)out,
                        .avail_out = (uInt)out_size };

    assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
    *length = out_size - stream.avail_out;
    inflateEnd(&stream);
}

static void test_each_body_is_a_member_that_unpacks(void **state)
{
    static const char *const bodies[] = { "{}", "", "{\"resourceSpans\":[]}" };
    struct gzip *gzip = gzip_create();
    struct buf packed;
    char text[64];
    size_t length;

    (void)state;
    assert_non_null(gzip);
    buf_init(&packed, 4096);
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        buf_clear(&packed);
        assert_true(gzip_pack(gzip, bodies[i], strlen(bodies[i]), &packed));
        unpack(&packed, text, sizeof text, &length);
        assert_int_equal(length, strlen(bodies[i]));
        assert_memory_equal(text, bodies[i], length);
    }
    buf_release(&packed);
    gzip_destroy(gzip);
}

static void test_body_that_does_not_fit_is_refused_and_the_next_is_well(void **state)
{
    struct gzip *gzip = gzip_create();
    struct buf packed;
    char text[64];
    size_t length;

    (void)state;
    buf_init(&packed, 10);
    assert_false(gzip_pack(gzip, "0123456789", 10, &packed));
    buf_init(&packed, 4096);
    assert_true(gzip_pack(gzip, "0123456789", 10, &packed));

    unpack(&packed, text, sizeof text, &length);
    assert_int_equal(length, 10);
    buf_release(&packed);
    gzip_destroy(gzip);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_body_is_a_member_that_unpacks),
        cmocka_unit_test(test_body_that_does_not_fit_is_refused_and_the_next_is_well),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
