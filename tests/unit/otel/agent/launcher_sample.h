/*
 * What the tests of drain and harvest stand on: a real segment, the launcher's parts around it,
 * and records as a worker writes them. Included once per program.
 */
#ifndef TESTS_LAUNCHER_SAMPLE_H
#define TESTS_LAUNCHER_SAMPLE_H

#include "fake_pipeline.h"

#include "agent/pool/harvest.h"
#include "otel/semconv.h"
#include "otel/span.h"
#include "segment/check.h"
#include "segment/ring.h"
#include "segment/slot.h"
#include "segment/write.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "../../../fakes/fake_segment.h"

struct sample {
    struct segment *segment;
    struct books books;
    struct family family;
    struct symbols *symbols;
    struct drain drain;
    struct harvest harvest;
};

static int sample_setup(void **state)
{
    static struct sample sample;

    memset(&sample, 0, sizeof sample);
    memset(&fake_pipeline, 0, sizeof fake_pipeline);
    sample.segment = fake_segment_create();
    sample.symbols = symbols_create();
    assert_non_null(sample.symbols);
    sample.family.epoll_fd = -1;
    books_start(&sample.books, sample.segment);
    drain_init(&sample.drain, sample.segment, &fake_pipeline, &sample.books, &sample.family,
               sample.symbols);
    harvest_init(&sample.harvest, &sample.drain);
    *state = &sample;
    return 0;
}

static int sample_teardown(void **state)
{
    struct sample *sample = *state;

    symbols_destroy(sample->symbols);
    fake_segment_destroy(sample->segment);
    return 0;
}

/* A member of the family that is not really there. */
static inline struct family_member *sample_member(struct sample *sample, int32_t pid)
{
    struct family_member *member = &sample->family.members[sample->family.count++];

    *member = (struct family_member){ .pid = pid, .pidfd = -1, .is_worker = true };
    return member;
}

/* Fills a span as the recorder does while it is open; returns the bytes used. */
static inline size_t sample_span(uint8_t *bytes, size_t capacity, const char *name)
{
    struct record_span span = {
        .header = { .size = sizeof span,
                    .type = RECORD_SPAN,
                    .version = RECORD_VERSION,
                    .scope = RECORD_SCOPE_FCGI },
        .trace_id = { 1, 2, 3 },
        .span_id = { 4, 5, 6 },
        .start_ns = 1000,
        .kind = OTEL_SPAN_SERVER,
        .trace_flags = 1,
    };
    size_t used;

    memcpy(bytes, &span, sizeof span);
    used = record_item_put(bytes, capacity, sizeof span,
                           &(struct record_item_source){ .kind = RECORD_ITEM_NAME,
                                                         .type = RECORD_VALUE_STRING,
                                                         .value = name,
                                                         .value_length = (uint32_t)strlen(name) });
    assert_int_not_equal(used, 0);
    return used;
}

/* A finished span in the slot's ring, counted as the recorder counts it. */
static inline bool sample_span_end(struct segment_slot *slot, const char *name)
{
    alignas(8) uint8_t bytes[1024];
    uint32_t size = (uint32_t)sample_span(bytes, sizeof bytes, name);
    void *room = ring_reserve(slot, size);

    atomic_fetch_add(&slot->counters.spans_ended, 1);
    if (!room) {
        atomic_fetch_add(&slot->counters.spans_dropped, 1);
        return false;
    }
    memcpy(bytes + offsetof(struct record_header, size), &size, sizeof size);
    memcpy(room, bytes, size);
    ring_commit(slot, size);
    return true;
}

static inline void sample_assert_balance(struct sample *sample, enum books_kind kind)
{
    struct segment_books books;

    books_update(&sample->books, sample->segment);
    books_read(&sample->books, &fake_pipeline, kind, &books);
    assert_int_equal(books.ended, books.exported + books.in_ring + books.queued + books.spooled +
                                      books.failed + books.dropped + books.sampled_out);
}

#endif
