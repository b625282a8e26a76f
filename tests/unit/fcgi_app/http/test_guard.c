/* The guard of FastCGI record headers: what passes, what closes the connection. */
#include "http/guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* BEGIN_REQUEST, PARAMS of 5 bytes and 3 of padding, their end, STDIN of 2 bytes, its end. */
static const uint8_t REQUEST[] = "\1\1\0\1\0\10\0\0"
                                 "\0\1\1\0\0\0\0\0"
                                 "\1\4\0\1\0\5\3\0"
                                 "\2\1ABC\0\0\0"
                                 "\1\4\0\1\0\0\0\0"
                                 "\1\5\0\1\0\2\0\0"
                                 "xy"
                                 "\1\5\0\1\0\0\0\0";
#define REQUEST_LENGTH (sizeof REQUEST - 1)

static bool feed_text(struct http_guard *guard, const char *bytes, size_t length)
{
    return guard_feed(guard, (const uint8_t *)bytes, length);
}

static void test_guard_lets_a_whole_request_pass_split_at_every_byte(void **state)
{
    (void)state;
    for (size_t split = 0; split <= REQUEST_LENGTH; split++) {
        struct http_guard guard = { 0 };

        assert_true(guard_feed(&guard, REQUEST, split));
        assert_int_equal(guard.stage == GUARD_COMPLETE, split == REQUEST_LENGTH);
        assert_true(guard_feed(&guard, REQUEST + split, REQUEST_LENGTH - split));

        assert_int_equal(guard.stage, GUARD_COMPLETE);
    }
}

static void test_guard_lets_a_request_pass_byte_by_byte(void **state)
{
    struct http_guard guard = { 0 };

    (void)state;
    for (size_t i = 0; i < REQUEST_LENGTH; i++)
        assert_true(guard_feed(&guard, REQUEST + i, 1));

    assert_int_equal(guard.stage, GUARD_COMPLETE);
}

static void test_guard_refuses_bytes_behind_the_end(void **state)
{
    struct http_guard guard = { 0 };

    (void)state;
    assert_true(guard_feed(&guard, REQUEST, REQUEST_LENGTH));

    assert_false(feed_text(&guard, "\1", 1));
    assert_int_equal(guard.stage, GUARD_REFUSED);
}

static void test_guard_takes_the_next_request_after_a_reset(void **state)
{
    struct http_guard guard = { 0 };

    (void)state;
    assert_true(guard_feed(&guard, REQUEST, REQUEST_LENGTH));
    guard_reset(&guard);

    assert_true(guard_feed(&guard, REQUEST, REQUEST_LENGTH));
    assert_int_equal(guard.stage, GUARD_COMPLETE);
}

struct header_case {
    const char *reason;
    size_t after; /* bytes of REQUEST before it */
    const char header[9];
    bool passes;
};

enum { AT_START = 0, AFTER_BEGIN = 16, AFTER_PARAMS = 40 };

static const struct header_case HEADERS[] = {
    { "FCGI_GET_VALUES overruns libfcgi's stack", AT_START, "\1\11\0\0\0\0\0\0", false },
    { "FCGI_GET_VALUES behind a BEGIN_REQUEST", AFTER_BEGIN, "\1\11\0\0\0\0\0\0", false },
    { "FCGI_GET_VALUES with an id", AFTER_BEGIN, "\1\11\0\1\0\0\0\0", false },
    { "FCGI_GET_VALUES while STDIN comes", AFTER_PARAMS, "\1\11\0\0\0\0\0\0", false },
    { "a management record of an unknown type", AT_START, "\1\143\0\0\0\0\0\0", false },
    { "id 0 makes a management record of PARAMS", AFTER_BEGIN, "\1\4\0\0\0\0\0\0", false },
    { "id 0 makes a management record of BEGIN", AT_START, "\1\1\0\0\0\10\0\0", false },
    { "version 0", AT_START, "\0\1\0\1\0\10\0\0", false },
    { "version 2", AT_START, "\2\1\0\1\0\10\0\0", false },
    { "version 2 in mid-request", AFTER_BEGIN, "\2\4\0\1\0\0\0\0", false },
    { "BEGIN_REQUEST of 9 bytes", AT_START, "\1\1\0\1\0\11\0\0", false },
    { "BEGIN_REQUEST without a body", AT_START, "\1\1\0\1\0\0\0\0", false },
    { "padding behind BEGIN_REQUEST: libfcgi forgets it", AT_START, "\1\1\0\1\0\10\10\0", false },
    { "padding behind the end of PARAMS: libfcgi forgets it", AFTER_BEGIN, "\1\4\0\1\0\0\10\0",
      false },
    { "padding behind the end of STDIN", AFTER_PARAMS, "\1\5\0\1\0\0\10\0", false },
    { "PARAMS before BEGIN_REQUEST", AT_START, "\1\4\0\1\0\0\0\0", false },
    { "a second BEGIN_REQUEST: nobody multiplexes", AFTER_BEGIN, "\1\1\0\2\0\10\0\0", false },
    { "PARAMS of another request", AFTER_BEGIN, "\1\4\0\2\0\0\0\0", false },
    { "STDIN before the end of PARAMS", AFTER_BEGIN, "\1\5\0\1\0\0\0\0", false },
    { "PARAMS after their end", AFTER_PARAMS, "\1\4\0\1\0\0\0\0", false },
    { "DATA is for filters", AFTER_PARAMS, "\1\10\0\1\0\0\0\0", false },
    { "END_REQUEST is ours to send", AFTER_BEGIN, "\1\3\0\1\0\0\0\0", false },
    { "STDOUT is ours to send", AFTER_BEGIN, "\1\6\0\1\0\0\0\0", false },
    { "ABORT_REQUEST while PARAMS come", AFTER_BEGIN, "\1\2\0\1\0\0\0\0", false },
    { "ABORT_REQUEST with content that looks like a header", AFTER_BEGIN, "\1\2\0\1\0\10\0\0",
      false },
    { "ABORT_REQUEST while STDIN comes", AFTER_PARAMS, "\1\2\0\1\0\0\0\0", false },
    { "the end of PARAMS at once", AFTER_BEGIN, "\1\4\0\1\0\0\0\0", true },
    { "the largest PARAMS record", AFTER_BEGIN, "\1\4\0\1\377\377\377\0", true },
    { "the end of STDIN", AFTER_PARAMS, "\1\5\0\1\0\0\0\0", true },
};

static void test_guard_decides_on_headers_split_at_every_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof HEADERS / sizeof HEADERS[0]; i++) {
        for (size_t split = 0; split <= GUARD_HEADER_BYTES; split++) {
            struct http_guard guard = { 0 };
            bool passes = guard_feed(&guard, REQUEST, HEADERS[i].after) &&
                          feed_text(&guard, HEADERS[i].header, split) &&
                          feed_text(&guard, HEADERS[i].header + split, GUARD_HEADER_BYTES - split);

            if (passes != HEADERS[i].passes)
                fail_msg("%s, split at %zu", HEADERS[i].reason, split);
        }
    }
}

/* Feeds records of 65,535 bytes until `bytes` of content have been announced. */
static bool stream_feed(struct http_guard *guard, uint8_t type, size_t bytes)
{
    static const uint8_t CONTENT[65535]; /* as PARAMS: empty pairs */
    bool passes = true;

    while (bytes > 0 && passes) {
        size_t length = bytes < sizeof CONTENT ? bytes : sizeof CONTENT;
        uint8_t header[GUARD_HEADER_BYTES] = {
            1, type, 0, 1, (uint8_t)(length >> 8), (uint8_t)length
        };

        passes = guard_feed(guard, header, sizeof header) && guard_feed(guard, CONTENT, length);
        bytes -= length;
    }
    return passes;
}

struct pairs_case {
    const char *reason;
    size_t length;
    const char content[16];
    bool passes;
};

static const struct pairs_case PAIRS[] = {
    { "nothing in a pair", 2, "\0\0", true },
    { "two pairs", 7, "\1\1ab\1\0c", true },
    { "lengths of four bytes", 10, "\200\0\0\1\200\0\0\1ab", true },
    { "one of each", 7, "\1\200\0\0\1ab", true },
    { "a name that is not there", 2, "\1\0", false },
    { "half a value", 3, "\1\1a", false },
    { "no value's length", 1, "\1", false },
    { "half a length", 3, "\1\200\0", false },
    { "a name of 2 GB makes libfcgi's assertion fail", 8, "\377\377\377\377\0abc", false },
    { "a value of 2 GB", 8, "\0\377\377\377\377abc", false },
    { "a value past the limit", 8, "\0\200\4\0\1abc", false },
};

static void test_guard_refuses_pairs_that_claim_what_is_not_there(void **state)
{
    static const char END[] = "\1\4\0\1\0\0\0\0";

    (void)state;
    for (size_t i = 0; i < sizeof PAIRS / sizeof PAIRS[0]; i++) {
        for (size_t split = 0; split <= PAIRS[i].length; split++) {
            /* In two records, so that a pair may lie across them. */
            char first[] = { 1, 4, 0, 1, 0, (char)split, 0, 0 };
            char second[] = { 1, 4, 0, 1, 0, (char)(PAIRS[i].length - split), 3, 0 };
            struct http_guard guard = { 0 };
            bool passes = guard_feed(&guard, REQUEST, AFTER_BEGIN);

            if (split > 0)
                passes = passes && feed_text(&guard, first, sizeof first) &&
                         feed_text(&guard, PAIRS[i].content, split);
            if (split < PAIRS[i].length)
                passes = passes && feed_text(&guard, second, sizeof second) &&
                         feed_text(&guard, PAIRS[i].content + split, PAIRS[i].length - split) &&
                         feed_text(&guard, "\377\377\377", 3);
            passes = passes && feed_text(&guard, END, sizeof END - 1);

            if (passes != PAIRS[i].passes)
                fail_msg("%s, split at %zu", PAIRS[i].reason, split);
        }
    }
}

/* Every type of record, in every place of a request, with the id of the request, of another and of
 * none: only what one request consists of passes. */
static void test_guard_lets_no_record_pass_but_in_its_place(void **state)
{
    static const struct {
        size_t after;
        unsigned type; /* that may come here */
    } PLACES[] = { { AT_START, 1 }, { AFTER_BEGIN, 4 }, { AFTER_PARAMS, 5 } };
    size_t passed = 0;

    (void)state;
    for (size_t p = 0; p < sizeof PLACES / sizeof PLACES[0]; p++) {
        for (unsigned type = 0; type < 256; type++) {
            for (unsigned id = 0; id < 3; id++) {
                /* BEGIN_REQUEST has eight bytes, whoever sends it. */
                char record[] = "\1t\0i\0\10\0\0\0\1\0\0\0\0\0\0";
                struct http_guard guard = { 0 };
                bool may = type == PLACES[p].type && (id == 1 || (id == 2 && type == 1));

                record[1] = (char)type;
                record[3] = (char)id;
                assert_true(guard_feed(&guard, REQUEST, PLACES[p].after));
                if (feed_text(&guard, record, sizeof record - 1) != may)
                    fail_msg("type %u, id %u, after %zu bytes", type, id, PLACES[p].after);
                passed += may;
            }
        }
    }
    assert_int_equal(passed, 4);
}

/* Contents and paddings at each edge of their lengths, in pieces of sizes that fit none of them. */
static void test_guard_reads_every_length_and_padding(void **state)
{
    static const unsigned LENGTHS[] = { 1, 7, 8, 127, 128, 255, 256, 32767, 32768, 65534, 65535 };
    static const unsigned PADDINGS[] = { 0, 1, 7, 8, 254, 255 };
    static const size_t PIECES[] = { 1, 13, 4096, 1 << 20 };
    static uint8_t bytes[GUARD_HEADER_BYTES + 65535 + 255];
    enum { STDIN_TYPE = 5 };

    (void)state;
    for (size_t l = 0; l < sizeof LENGTHS / sizeof LENGTHS[0]; l++) {
        for (size_t p = 0; p < sizeof PADDINGS / sizeof PADDINGS[0]; p++) {
            size_t total = GUARD_HEADER_BYTES + LENGTHS[l] + PADDINGS[p];
            const uint8_t header[GUARD_HEADER_BYTES] = { 1,
                                                         STDIN_TYPE,
                                                         0,
                                                         1,
                                                         (uint8_t)(LENGTHS[l] >> 8),
                                                         (uint8_t)LENGTHS[l],
                                                         (uint8_t)PADDINGS[p] };

            memset(bytes, 0xff, sizeof bytes); /* no header, wherever it is taken for one */
            memcpy(bytes, header, sizeof header);
            for (size_t s = 0; s < sizeof PIECES / sizeof PIECES[0]; s++) {
                struct http_guard guard = { 0 };

                assert_true(guard_feed(&guard, REQUEST, AFTER_PARAMS));
                for (size_t at = 0; at < total; at += PIECES[s])
                    assert_true(guard_feed(&guard, bytes + at,
                                           total - at < PIECES[s] ? total - at : PIECES[s]));
                assert_true(feed_text(&guard, "\1\5\0\1\0\0\0\0", GUARD_HEADER_BYTES));
                assert_int_equal(guard.stage, GUARD_COMPLETE);
            }
        }
    }
}

static void test_guard_limits_params_and_stdin(void **state)
{
    struct http_guard guard = { 0 };

    (void)state;
    assert_true(guard_feed(&guard, REQUEST, AFTER_BEGIN));
    assert_true(stream_feed(&guard, 4, GUARD_PARAMS_BYTES_MAX));
    assert_false(stream_feed(&guard, 4, 1));

    guard_reset(&guard);
    assert_true(guard_feed(&guard, REQUEST, AFTER_PARAMS));
    assert_true(stream_feed(&guard, 5, GUARD_STDIN_BYTES_MAX));
    assert_false(stream_feed(&guard, 5, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_guard_lets_a_whole_request_pass_split_at_every_byte),
        cmocka_unit_test(test_guard_lets_a_request_pass_byte_by_byte),
        cmocka_unit_test(test_guard_refuses_bytes_behind_the_end),
        cmocka_unit_test(test_guard_takes_the_next_request_after_a_reset),
        cmocka_unit_test(test_guard_decides_on_headers_split_at_every_byte),
        cmocka_unit_test(test_guard_refuses_pairs_that_claim_what_is_not_there),
        cmocka_unit_test(test_guard_lets_no_record_pass_but_in_its_place),
        cmocka_unit_test(test_guard_reads_every_length_and_padding),
        cmocka_unit_test(test_guard_limits_params_and_stdin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
