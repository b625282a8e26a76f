#include "segment/instrument.h"

#include <sched.h>
#include <string.h>
#include <strings.h>

/* Filling takes under a microsecond; who is not done after so many turns of others is dead. */
#define FILLING_TURNS_MAX 1000

static void field_fill(char *field, size_t size, const char *text)
{
    size_t length = strnlen(text, size - 1);

    memset(field, 0, size);
    memcpy(field, text, length);
}

static void instrument_fill(struct segment_instrument *instrument,
                            const struct instrument_source *source)
{
    size_t most = sizeof instrument->bounds / sizeof instrument->bounds[0];
    size_t count = source->bounds_count < most ? source->bounds_count : most;

    instrument->kind = source->kind;
    instrument->scope = source->scope;
    instrument->has_bounds = source->bounds != NULL;
    instrument->bounds_count = source->bounds ? (uint8_t)count : 0;
    field_fill(instrument->name, sizeof instrument->name, source->name);
    field_fill(instrument->unit, sizeof instrument->unit, source->unit);
    field_fill(instrument->description, sizeof instrument->description, source->description);
    if (source->bounds)
        memcpy(instrument->bounds, source->bounds, count * sizeof source->bounds[0]);
    /* Release: who sees it ready sees all of it. */
    atomic_store_explicit(&instrument->state, SEGMENT_INSTRUMENT_READY, memory_order_release);
}

/* Waits while another fills the entry, for a while. */
static uint32_t state_settled(struct segment_instrument *instrument)
{
    uint32_t state = SEGMENT_INSTRUMENT_FILLING;

    for (int turn = 0; turn < FILLING_TURNS_MAX; turn++) {
        /* Acquire: pairs with instrument_fill. */
        state = atomic_load_explicit(&instrument->state, memory_order_acquire);
        if (state != SEGMENT_INSTRUMENT_FILLING)
            break;
        sched_yield();
    }
    return state;
}

struct segment_instrument *instrument_claim(struct segment *segment,
                                            const struct instrument_source *source)
{
    for (int i = 0; i < SEGMENT_INSTRUMENT_COUNT; i++) {
        struct segment_instrument *instrument = &segment->instruments[i];
        uint32_t expected = SEGMENT_INSTRUMENT_FREE;

        /* Relaxed: the entry's bytes are only ours to write; nobody wrote them before. */
        if (atomic_compare_exchange_strong_explicit(&instrument->state, &expected,
                                                    SEGMENT_INSTRUMENT_FILLING,
                                                    memory_order_relaxed, memory_order_relaxed)) {
            instrument_fill(instrument, source);
            return instrument;
        }
        if (state_settled(instrument) == SEGMENT_INSTRUMENT_READY &&
            strncasecmp(instrument->name, source->name, sizeof instrument->name) == 0)
            return instrument;
    }
    return NULL;
}
