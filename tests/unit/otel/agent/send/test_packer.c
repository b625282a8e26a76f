#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/send/packer.h"

#include <string.h>
#include <zlib.h>

static void unpack(const struct buf *packed, int window_bits, char *out, size_t out_size,
                   size_t *length)
{
    z_stream stream = { .next_in = (Bytef *)packed->data,
                        .avail_in = (uInt)packed->length,
                        .next_out = (Bytef *)out,
                        .avail_out = (uInt)out_size };

    assert_int_equal(inflateInit2(&stream, window_bits), Z_OK);
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
    *length = out_size - stream.avail_out;
    inflateEnd(&stream);
}

static const struct {
    enum pack_format format;
    int window_bits; /* zlib's way to name the format: the reader takes no other */
    const char *name;
} FORMATS[] = {
    { PACK_GZIP, 15 + 16, "gzip" },
    { PACK_DEFLATE, 15, "deflate" },
};

static void test_each_body_is_a_stream_that_unpacks(void **state)
{
    static const char *const bodies[] = { "{}", "", "{\"resourceSpans\":[]}" };

    (void)state;
    for (size_t f = 0; f < sizeof FORMATS / sizeof FORMATS[0]; f++) {
        struct packer *packer = packer_create(FORMATS[f].format);
        struct buf packed;

        assert_non_null(packer);
        assert_string_equal(pack_format_name(FORMATS[f].format), FORMATS[f].name);
        buf_init(&packed, 4096);
        for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
            char text[64];
            size_t length;

            buf_clear(&packed);
            assert_true(packer_pack(packer, bodies[i], strlen(bodies[i]), &packed));
            unpack(&packed, FORMATS[f].window_bits, text, sizeof text, &length);
            assert_int_equal(length, strlen(bodies[i]));
            assert_memory_equal(text, bodies[i], length);
        }
        buf_release(&packed);
        packer_destroy(packer);
    }
}

static void test_body_that_does_not_fit_is_refused_and_the_next_is_well(void **state)
{
    struct packer *packer = packer_create(PACK_GZIP);
    struct buf packed;
    char text[64];
    size_t length;

    (void)state;
    buf_init(&packed, 10);
    assert_false(packer_pack(packer, "0123456789", 10, &packed));
    buf_init(&packed, 4096);
    assert_true(packer_pack(packer, "0123456789", 10, &packed));

    unpack(&packed, 15 + 16, text, sizeof text, &length);
    assert_int_equal(length, 10);
    buf_release(&packed);
    packer_destroy(packer);
}

static void test_no_compression_needs_no_packer(void **state)
{
    (void)state;
    assert_null(packer_create(PACK_NONE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_body_is_a_stream_that_unpacks),
        cmocka_unit_test(test_body_that_does_not_fit_is_refused_and_the_next_is_well),
        cmocka_unit_test(test_no_compression_needs_no_packer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
