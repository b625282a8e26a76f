/* What a program of others writes to its descriptor: the same status however it is cut. */
#include "fuzz.h"
#include "hooks/answer.h"

static void note_status(void *user, int status_code)
{
    int *told = user;

    FUZZ_PROMISE(*told == 0); /* once */
    *told = status_code;
}

static void note_header(void *user, struct otel_str name, struct otel_str value)
{
    (void)user;
    FUZZ_PROMISE(name.length + value.length <= ANSWER_LINE_BYTES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct answer_events EVENTS = { .status = note_status, .header = note_header };
    struct fuzz_input input = { data, size };
    size_t step = 1 + fuzz_number(&input, 1);
    struct answer whole, pieces;
    int status = 0, status_in_pieces = 0;

    answer_init(&whole);
    answer_init(&pieces);
    answer_feed(&whole, input.at, input.left, &EVENTS, &status);
    for (size_t at = 0; at < input.left; at += step) {
        size_t length = input.left - at < step ? input.left - at : step;
        /* Half of it is taken, and the rest is offered again. */
        answer_feed(&pieces, input.at + at, length, &EVENTS, &status_in_pieces);
        answer_written(&pieces, length, (long long)(length / 2));
        answer_feed(&pieces, input.at + at + length / 2, length - length / 2, &EVENTS,
                    &status_in_pieces);
        answer_written(&pieces, length - length / 2, (long long)(length - length / 2));
    }
    FUZZ_PROMISE(status == status_in_pieces);
    return 0;
}
