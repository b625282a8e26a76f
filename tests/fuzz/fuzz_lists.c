/* Lists that a user writes: resource attributes, OTLP headers, names of captured headers. */
#include "agent/send/header_list.h"
#include "base/pair_list.h"
#include "fuzz.h"
#include "record/headers.h"

static void take_header(void *user, const char *line)
{
    (void)user;
    FUZZ_PROMISE(strpbrk(line, "\r\n") == NULL);
    FUZZ_PROMISE(strchr(line, ':') != NULL || strchr(line, ';') != NULL);
}

static void read_pairs(const char *text)
{
    const char *cursor = text;
    enum pair_list_status status;
    struct pair pair;

    while ((status = pair_list_next(&cursor, &pair)) != PAIR_LIST_END) {
        char *out = malloc(pair.value_length + 1);
        size_t length = 0;

        if (out == NULL)
            abort();
        if (status == PAIR_LIST_PAIR && pair_decode(pair.value, pair.value_length, out, &length))
            FUZZ_PROMISE(length <= pair.value_length);
        free(out);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct header_names names;
    struct fuzz_input input = { data, size };
    char *text = fuzz_text(&input, size);

    (void)header_list_parse(text, true, take_header, NULL);
    read_pairs(text);
    header_names_parse(&names, text, size < SEGMENT_HEADERS_BYTES ? size : SEGMENT_HEADERS_BYTES);
    FUZZ_PROMISE(names.count <= HEADER_NAMES_MAX);
    free(text);
    return 0;
}
