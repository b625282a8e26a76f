#include "agent/pool/deaths.h"

#include <string.h>

void deaths_init(struct deaths *deaths, struct segment_header *header)
{
    memset(deaths, 0, sizeof *deaths);
    deaths->header = header;
}

static void entry_add(struct deaths *deaths, const struct death *death, uint32_t sequence)
{
    deaths->entries[deaths->next] = (struct deaths_entry){ *death, sequence };
    deaths->next = (deaths->next + 1) % DEATHS_MAX;
}

void deaths_note(struct deaths *deaths, const struct death *death)
{
    entry_add(deaths, death, 0);
}

/* Places whose sequence has changed; a scribbled table costs one look at each place. */
void deaths_read(struct deaths *deaths)
{
    /* Relaxed: that somebody is about to note one, and no more. */
    deaths->count = atomic_load_explicit(&deaths->header->death_count, memory_order_relaxed);
    for (unsigned i = 0; i < SEGMENT_DEATH_COUNT; i++) {
        const struct segment_death *place = &deaths->header->deaths[i];
        /* Acquire: pairs with the release of whoever noted it. */
        uint32_t sequence = atomic_load_explicit(&place->sequence, memory_order_acquire);

        if (sequence == deaths->seen[i])
            continue;
        deaths->seen[i] = sequence;
        if (sequence != 0) /* else it is being filled, or was acted upon */
            entry_add(
                deaths,
                &(struct death){ place->pid, place->status, place->reaper_pid, place->time_ns },
                sequence);
    }
}

bool deaths_is_quiet(const struct deaths *deaths)
{
    return atomic_load_explicit(&deaths->header->death_count, memory_order_relaxed) ==
           deaths->count;
}

const struct death *deaths_find(const struct deaths *deaths, int32_t pid)
{
    for (size_t i = 0; pid > 0 && i < DEATHS_MAX; i++)
        if (deaths->entries[i].death.pid == pid)
            return &deaths->entries[i].death;
    return NULL;
}

const struct death *deaths_at(const struct deaths *deaths, size_t i)
{
    return deaths->entries[i].death.pid > 0 ? &deaths->entries[i].death : NULL;
}

static void strike_out(struct deaths *deaths, uint32_t sequence)
{
    unsigned i = (sequence - 1) % SEGMENT_DEATH_COUNT;
    uint32_t expected = sequence;

    if (sequence == 0)
        return;
    /* Not when another death has taken the place meanwhile. Relaxed: nothing hangs on it. */
    if (atomic_compare_exchange_strong_explicit(&deaths->header->deaths[i].sequence, &expected, 0,
                                                memory_order_relaxed, memory_order_relaxed))
        deaths->seen[i] = 0;
}

bool deaths_take(struct deaths *deaths, int32_t pid, struct death *out)
{
    bool is_found = false;

    for (size_t i = 0; pid > 0 && i < DEATHS_MAX; i++) {
        struct deaths_entry *entry = &deaths->entries[i];

        if (entry->death.pid != pid)
            continue;
        is_found = true;
        *out = entry->death;
        strike_out(deaths, entry->sequence);
        entry->death.pid = 0;
    }
    return is_found;
}
