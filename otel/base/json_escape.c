/*
 * The escaper: text as Python's json.dumps(ensure_ascii=True) writes it. The hot path of every
 * large answer, so plain ASCII is found 16 bytes at a time and copied as it is.
 */
#include "base/json.h"
#include "base/utf8.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define ESCAPED_CHARACTER_MAX 12 /* a surrogate pair: \ud83d\ude00 */

static const char HEX_DIGITS[] = "0123456789abcdef";

/* 0: leaves as it is. 'u': \u00xx, or the start of a non-ASCII character. Else: \ and this. */
/* clang-format off */
static const char ESCAPES[256] = {
    'u','u','u','u','u','u','u','u','b','t','n','u','f','r','u','u',
    'u','u','u','u','u','u','u','u','u','u','u','u','u','u','u','u',
    ['"'] = '"', ['\\'] = '\\',
    [0x7F] = 'u', /* DEL: json.dumps escapes all but the printable ASCII characters */
    'u','u','u','u','u','u','u','u','u','u','u','u','u','u','u','u',
    'u','u','u','u','u','u','u','u','u','u','u','u','u','u','u','u',
    'u','u','u','u','u','u','u','u','u','u','u','u','u','u','u','u',
    'u','u','u','u','u','u','u','u','u','u','u','u','u','u','u','u',
    'u','u','u','u','u','u','u','u','u','u','u','u','u','u','u','u',
    'u','u','u','u','u','u','u','u','u','u','u','u','u','u','u','u',
    'u','u','u','u','u','u','u','u','u','u','u','u','u','u','u','u',
    'u','u','u','u','u','u','u','u','u','u','u','u','u','u','u','u',
};
/* clang-format on */

/* Bytes from the start of the text that leave as they are. */
static size_t plain_length(const char *text, size_t length)
{
    size_t i = 0;

#ifdef __SSE2__
    const __m128i space = _mm_set1_epi8(0x20);
    const __m128i quote = _mm_set1_epi8('"');
    const __m128i backslash = _mm_set1_epi8('\\');
    const __m128i delete = _mm_set1_epi8(0x7F);

    for (; i + 16 <= length; i += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(text + i));
        /* Signed: below a space are the controls and everything that is not ASCII. */
        __m128i special = _mm_or_si128(
            _mm_or_si128(_mm_cmplt_epi8(bytes, space), _mm_cmpeq_epi8(bytes, delete)),
            _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)));
        unsigned mask = (unsigned)_mm_movemask_epi8(special);

        if (mask)
            return i + (size_t)__builtin_ctz(mask);
    }
#endif
    while (i < length && !ESCAPES[(uint8_t)text[i]])
        i++;
    return i;
}

static char *put_unit(char *to, uint32_t unit)
{
    *to++ = '\\';
    *to++ = 'u';
    *to++ = HEX_DIGITS[(unit >> 12) & 0xF];
    *to++ = HEX_DIGITS[(unit >> 8) & 0xF];
    *to++ = HEX_DIGITS[(unit >> 4) & 0xF];
    *to++ = HEX_DIGITS[unit & 0xF];
    return to;
}

/* Writes one character that needs escaping; returns the bytes of text it took. */
static size_t put_escaped(char **to, const char *text, size_t length)
{
    char escape = ESCAPES[(uint8_t)*text];
    uint32_t code_point = 0;
    size_t taken = 1;

    if (escape != 'u') {
        *(*to)++ = '\\';
        *(*to)++ = escape;
        return 1;
    }
    taken = utf8_next(text, length, &code_point);
    if (code_point >= 0x10000) {
        *to = put_unit(*to, 0xD800 + ((code_point - 0x10000) >> 10));
        code_point = 0xDC00 + ((code_point - 0x10000) & 0x3FF);
    }
    *to = put_unit(*to, code_point);
    return taken;
}

void json_escape(struct buf *out, const char *text, size_t length)
{
    size_t i = 0;

    while (i < length) {
        size_t plain = plain_length(text + i, length - i);
        char *start = NULL;
        char *to = NULL;

        buf_add(out, text + i, plain);
        i += plain;
        if (i == length)
            return;
        /* The limit counts what is written, so a character near it may need less than the most. */
        if (out->limit - out->length < ESCAPED_CHARACTER_MAX) {
            char few[ESCAPED_CHARACTER_MAX];

            to = few;
            i += put_escaped(&to, text + i, length - i);
            buf_add(out, few, (size_t)(to - few));
            continue;
        }
        if (!buf_reserve(out, ESCAPED_CHARACTER_MAX))
            return;
        to = start = out->data + out->length;
        i += put_escaped(&to, text + i, length - i);
        out->length += (size_t)(to - start);
    }
}
