#include "agent/books.h"

#include <string.h>

/* Between two looks, at most a second apart: more than any thread can record. */
#define BOOKS_GROWTH_MAX UINT64_C(100000000)

_Static_assert(sizeof(_Atomic uint64_t) == sizeof(uint64_t), "counters are counted by their size");

static uint64_t counter_load(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed); /* nothing else hangs on it */
}

/* Growth since the last look; 0, counted, for a counter that fell or leapt. */
static uint64_t counter_growth(struct books *books, const _Atomic uint64_t *counter, uint64_t *seen)
{
    uint64_t now = counter_load(counter);
    uint64_t growth = now - *seen; /* a fall wraps, and is a leap */

    *seen = now;
    if (growth <= BOOKS_GROWTH_MAX)
        return growth;
    books->jumps++;
    return 0;
}

/* In the order of struct segment_counters. */
static void slot_update(struct books *books, struct books_slot *slot,
                        const struct segment_counters *counters)
{
    struct books_account *spans = &slot->accounts[BOOKS_SPANS];
    struct books_account *logs = &slot->accounts[BOOKS_LOGS];
    uint64_t *seen = slot->seen;

    spans->ended += counter_growth(books, &counters->spans_ended, &seen[0]);
    spans->sampled_out += counter_growth(books, &counters->spans_sampled_out, &seen[1]);
    spans->dropped += counter_growth(books, &counters->spans_dropped, &seen[2]);
    books->not_started += counter_growth(books, &counters->spans_not_started, &seen[3]);
    logs->ended += counter_growth(books, &counters->logs_emitted, &seen[4]);
    logs->dropped += counter_growth(books, &counters->logs_dropped, &seen[5]);
    books->measurements_dropped += counter_growth(books, &counters->measurements_dropped, &seen[6]);
    books->values_cut += counter_growth(books, &counters->values_cut, &seen[7]);
}

void books_update(struct books *books, const struct segment *segment)
{
    const struct segment_header *header = &segment->header;

    for (unsigned i = 0; i < SEGMENT_SLOT_COUNT; i++)
        slot_update(books, &books->slots[i], &segment->slots[i].counters);
    books->not_started +=
        counter_growth(books, &header->no_slot_spans, &books->no_slot_seen[BOOKS_SPANS]);
    books->no_slot_logs +=
        counter_growth(books, &header->no_slot_logs, &books->no_slot_seen[BOOKS_LOGS]);
}

void books_start(struct books *books, const struct segment *segment)
{
    memset(books, 0, sizeof *books);
    books_update(books, segment); /* whatever stands there was before us */
    for (unsigned i = 0; i < SEGMENT_SLOT_COUNT; i++)
        memset(books->slots[i].accounts, 0, sizeof books->slots[i].accounts);
    books->no_slot_logs = 0;
    books->not_started = 0;
    books->measurements_dropped = 0;
    books->values_cut = 0;
    books->jumps = 0;
}

/* All that was ever handed to a pipeline. */
static uint64_t handed_over(const struct books *books, enum books_kind kind)
{
    uint64_t total = books->own[kind];

    for (unsigned i = 0; i < SEGMENT_SLOT_COUNT; i++)
        total += books->slots[i].accounts[kind].received;
    return total;
}

static void sent_add(struct books_sent *sum, const struct books_sent *sent)
{
    sum->exported += sent->exported;
    sum->failed += sent->failed;
    sum->dropped += sent->dropped;
}

/* Of what this launcher found on disk, that which was taken for lost with the one before it. The
 * rest is of launchers whose books are gone. */
static uint64_t found_again(const struct books *books, enum books_kind kind, uint64_t found)
{
    return found < books->killed[kind] ? found : books->killed[kind];
}

void books_continue(struct books *books, const struct segment *segment)
{
    for (int kind = 0; kind < BOOKS_KIND_COUNT; kind++) {
        const struct books_sent *before = &books->before[kind];
        uint64_t found = books->sent[kind].found;
        uint64_t again = found_again(books, (enum books_kind)kind, found);
        uint64_t done, handed;

        books->killed[kind] -= again;
        books->own[kind] += found - again;
        handed = handed_over(books, (enum books_kind)kind);
        sent_add(&books->before[kind], &books->sent[kind]);
        books->sent[kind] = (struct books_sent){ 0 };
        done = before->exported + before->failed + before->dropped + books->killed[kind];
        books->killed[kind] += handed > done ? handed - done : 0;
    }
    books_update(books, segment);
}

void books_take_back(struct books *books, enum books_kind kind, uint64_t count)
{
    books->killed[kind] -= count < books->killed[kind] ? count : books->killed[kind];
}

static enum settings_signal signal_of(enum books_kind kind)
{
    return kind == BOOKS_SPANS ? SIGNAL_TRACES : SIGNAL_LOGS;
}

void books_note(struct books *books, const struct pipeline *pipeline)
{
    for (int kind = 0; kind < BOOKS_KIND_COUNT; kind++) {
        struct pipeline_books sent;

        pipeline_books(pipeline, signal_of((enum books_kind)kind), &sent);
        books->sent[kind] = (struct books_sent){ .exported = sent.exported,
                                                 .failed = sent.failed,
                                                 .dropped = sent.dropped,
                                                 .found = sent.found };
    }
}

void books_move(struct books *books, const struct segment *fresh)
{
    for (unsigned i = 0; i < SEGMENT_SLOT_COUNT; i++)
        memset(books->slots[i].seen, 0, sizeof books->slots[i].seen);
    memset(books->no_slot_seen, 0, sizeof books->no_slot_seen);
    books_update(books, fresh);
}

void books_receive(struct books *books, unsigned slot, enum books_kind kind)
{
    books->slots[slot].accounts[kind].received++;
}

void books_receive_own(struct books *books, enum books_kind kind)
{
    books->own[kind]++;
}

static uint64_t account_done(const struct books_account *account)
{
    return account->sampled_out + account->dropped + account->received + account->lost;
}

/*
 * Records can be read before their counter is seen, and those that a former launcher left were
 * never counted by this one: an account holds at least what came out of it.
 */
static uint64_t account_ended(const struct books_account *account)
{
    uint64_t done = account_done(account);

    return account->ended > done ? account->ended : done;
}

void books_settle(struct books *books, unsigned slot)
{
    for (int kind = 0; kind < BOOKS_KIND_COUNT; kind++) {
        struct books_account *account = &books->slots[slot].accounts[kind];
        account->lost += account_ended(account) - account_done(account);
    }
}

uint64_t books_loss(const struct books *books, enum books_kind kind, enum books_loss reason)
{
    uint64_t total = 0;

    if (reason == BOOKS_NO_SLOT)
        return kind == BOOKS_LOGS ? books->no_slot_logs : 0;
    if (reason == BOOKS_LAUNCHER_KILLED)
        return books->killed[kind] - found_again(books, kind, books->sent[kind].found);
    for (unsigned i = 0; i < SEGMENT_SLOT_COUNT; i++) {
        const struct books_account *account = &books->slots[i].accounts[kind];
        if (reason == BOOKS_RING_FULL)
            total += account->dropped;
        else if (reason == BOOKS_LOST)
            total += account->lost;
    }
    return total;
}

void books_read(const struct books *books, const struct pipeline *pipeline, enum books_kind kind,
                struct segment_books *out)
{
    const struct books_sent *before = &books->before[kind];
    uint64_t no_slot = books_loss(books, kind, BOOKS_NO_SLOT);
    struct pipeline_books sent;
    uint64_t again;

    pipeline_books(pipeline, signal_of(kind), &sent);
    again = found_again(books, kind, sent.found);
    *out = (struct segment_books){
        .ended = books->own[kind] + no_slot + sent.found - again,
        .exported = before->exported + sent.exported,
        .queued = sent.queued,
        .spooled = sent.spooled,
        .failed = before->failed + sent.failed,
        .dropped = before->dropped + sent.dropped + no_slot + books->killed[kind] - again,
    };
    for (unsigned i = 0; i < SEGMENT_SLOT_COUNT; i++) {
        const struct books_account *account = &books->slots[i].accounts[kind];
        out->ended += account_ended(account);
        out->in_ring += account_ended(account) - account_done(account);
        out->dropped += account->dropped + account->lost;
        out->sampled_out += account->sampled_out;
    }
}
