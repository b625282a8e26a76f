/*
 * A request's headers through every propagator, in an order that the input says, and out again:
 * what is passed on is whole header lines, none of which a client can break in two.
 */
#include "fuzz.h"
#include "record/propagate.h"

enum { PARAMS_MAX = 64, HEADERS_BYTES = 2048 };

static void check_lines(const struct header_list *list)
{
    const char *line = list->out;

    FUZZ_PROMISE(list->used <= list->size);
    for (size_t i = 0; i < list->count; i++) {
        FUZZ_PROMISE(strpbrk(line, "\r\n") == NULL && strstr(line, ": ") != NULL);
        line += strlen(line) + 1;
    }
    FUZZ_PROMISE(line == list->out + list->used);
}

static void pass_on(const uint8_t *propagators, const struct propagated *found)
{
    char out[HEADERS_BYTES];
    struct header_list list = { .out = out, .size = sizeof out };
    struct outgoing outgoing = {
        .context = &found->parent.context,
        .is_debug = found->parent.sampling == REMOTE_DEBUG,
        .trace_state = { found->trace_state, found->trace_state_length },
        .baggage = { found->baggage, found->baggage_length },
    };

    (void)propagate_inject(propagators, &outgoing, &list);
    check_lines(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct propagated found;
    struct fuzz_input input = { data, size };
    uint8_t propagators[SEGMENT_PROPAGATOR_COUNT] = { 0 };
    char *lines[PARAMS_MAX + 1] = { 0 };
    struct params params;
    char *text, *rest;

    for (size_t i = 0; i + 1 < SEGMENT_PROPAGATOR_COUNT; i++)
        propagators[i] = (uint8_t)(fuzz_number(&input, 1) % SEGMENT_PROPAGATOR_COUNT);
    rest = text = fuzz_text(&input, input.left);
    for (size_t i = 0; i < PARAMS_MAX && (lines[i] = strsep(&rest, "\n")) != NULL; i++)
        ;
    params_read(lines, &params);
    memset(&found, 0, sizeof found);
    propagate_extract(propagators, &(struct incoming){ &params, lines }, &found);
    FUZZ_PROMISE(found.trace_state_length <= sizeof found.trace_state);
    FUZZ_PROMISE(found.baggage_length <= sizeof found.baggage);
    if (found.parent.context.trace_id[0] != 0)
        pass_on(propagators, &found);
    free(text);
    return 0;
}
