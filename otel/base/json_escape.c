/*
 * The escaper: text as Python's json.dumps(ensure_ascii=True) writes it. The hot path of every
 * large answer, so plain ASCII is looked at and copied 16 bytes at a time.
 */
#include "base/json_run.h"
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

#ifdef __SSE2__
#define STEP_BYTES 16

/* A bit for each of 16 bytes that does not leave as it is. */
static unsigned special_bytes(__m128i bytes)
{
    /* One more than the byte, signed: below 0x21 are the controls, DEL and all that is no ASCII. */
    __m128i control = _mm_cmplt_epi8(_mm_add_epi8(bytes, _mm_set1_epi8(1)), _mm_set1_epi8(0x21));
    __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    __m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));

    return (unsigned)_mm_movemask_epi8(_mm_or_si128(control, _mm_or_si128(quote, backslash)));
}

static unsigned step_copy(char *to, const char *text)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)text);

    _mm_storeu_si128((__m128i *)(void *)to, bytes);
    return special_bytes(bytes);
}

/* The same of 4 to 16 bytes, as two halves that may overlap: true when all are plain. */
static bool short_copy(char *to, const char *text, size_t length)
{
    uint64_t first = 0, last = 0;

    if (length >= sizeof first) {
        memcpy(&first, text, sizeof first);
        memcpy(&last, text + length - sizeof last, sizeof last);
        memcpy(to, &first, sizeof first);
        memcpy(to + length - sizeof last, &last, sizeof last);
    } else {
        uint32_t low = 0, high = 0;

        memcpy(&low, text, sizeof low);
        memcpy(&high, text + length - sizeof high, sizeof high);
        memcpy(to, &low, sizeof low);
        memcpy(to + length - sizeof high, &high, sizeof high);
        first = last = low | (uint64_t)high << 32;
    }
    return special_bytes(_mm_set_epi64x((int64_t)last, (int64_t)first)) == 0;
}
#endif

/*
 * Copies the bytes at the start of the text that leave as they are, and tells how many these are.
 * What is copied behind them is rubbish, but never more than `length` in all.
 */
static size_t plain_copy(char *to, const char *text, size_t length)
{
    size_t i = 0;

#ifdef __SSE2__
    unsigned special = 0;

    for (; i + STEP_BYTES <= length; i += STEP_BYTES) {
        special = step_copy(to + i, text + i);
        if (special)
            return i + (size_t)__builtin_ctz(special);
    }
    /* What is left, as the last of 16: the ones before are known to be plain. */
    if (i < length && length > STEP_BYTES) {
        i = length - STEP_BYTES;
        special = step_copy(to + i, text + i);
        return special ? i + (size_t)__builtin_ctz(special) : length;
    }
    if (length >= 4 && length < STEP_BYTES && short_copy(to, text, length))
        return length;
#endif
    for (; i < length && !ESCAPES[(uint8_t)text[i]]; i++)
        to[i] = text[i];
    return i;
}

/* Copies what leaves as it is to the buffer's end; returns its length. */
static size_t plain_add(struct buf *out, const char *text, size_t length)
{
    size_t plain = 0;

    /* The limit counts what is written: near it only that is asked for. */
    if (length > buf_room(out) &&
        (out->limit - out->length < length || !buf_reserve(out, length))) {
        while (plain < length && !ESCAPES[(uint8_t)text[plain]])
            plain++;
        buf_add(out, text, plain);
        return plain;
    }
    plain = plain_copy(out->data + out->length, text, length);
    out->length += plain;
    return plain;
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
        char *start = NULL;
        char *to = NULL;

        i += plain_add(out, text + i, length - i);
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

char *json_run_text(char *to, const char *text, size_t length)
{
    for (size_t i = 0; i < length;) {
        size_t plain = plain_copy(to, text + i, length - i);

        to += plain;
        i += plain;
        if (i < length)
            i += put_escaped(&to, text + i, length - i);
    }
    return to;
}

/* Most texts need no escaping and have room: quotes and all in one go. */
void json_string(struct json *json, const char *text, size_t length)
{
    char *to = json_room(json, length + 2);
    size_t plain = 0;

    if (to) {
        *to++ = '"';
        plain = plain_copy(to, text, length);
        to += plain;
        if (plain == length)
            *to++ = '"';
        json_wrote(json, to, true);
        if (plain == length)
            return;
    } else {
        json_put_grown(json, "\"", 1, true);
    }
    json_escape(json->out, text + plain, length - plain);
    buf_add(json->out, "\"", 1);
}
