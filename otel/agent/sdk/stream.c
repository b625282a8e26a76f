#include "agent/sdk/stream.h"

#include "base/mem.h"
#include "segment/record.h"

#include <string.h>

enum { STREAM_BUCKETS_MIN = 64 };

/* One form of one stream: in a bucket's list by hash, in the stream's list for its end. */
struct stream_form {
    struct stream_form *next_in_bucket;
    struct stream_form *next_of_stream;
    struct stream *stream;
    uint64_t hash;
    size_t size;
    _Alignas(8) uint8_t items[];
};

void stream_table_init(struct stream_table *table, uint64_t seed)
{
    *table = (struct stream_table){ .seed = seed };
}

void stream_table_release(struct stream_table *table)
{
    mem_free(table->buckets);
    table->buckets = NULL;
    table->bucket_count = 0;
}

/* Items are multiples of 8 bytes. The seed keeps clients from choosing what collides. */
static uint64_t hash_of(const struct stream_table *table, const struct instrument *instrument,
                        const uint8_t *items, size_t size)
{
    uint64_t hash = table->seed ^ (uint64_t)(uintptr_t)instrument;

    for (size_t i = 0; i + 8 <= size; i += 8) {
        uint64_t word;
        memcpy(&word, items + i, sizeof word);
        hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 32;
    }
    return hash ^ hash >> 29;
}

struct stream *stream_find(const struct stream_table *table, const struct instrument *instrument,
                           const uint8_t *items, size_t size)
{
    uint64_t hash = hash_of(table, instrument, items, size);

    if (table->bucket_count == 0)
        return NULL;
    for (const struct stream_form *form = table->buckets[hash & (table->bucket_count - 1)];
         form != NULL; form = form->next_in_bucket) {
        if (form->hash == hash && form->size == size && form->stream->instrument == instrument &&
            memcmp(form->items, items, size) == 0)
            return form->stream;
    }
    return NULL;
}

/* Doubles the buckets; with no memory for it the lists only grow longer. */
static bool table_grow(struct stream_table *table)
{
    size_t count = table->bucket_count == 0 ? STREAM_BUCKETS_MIN : table->bucket_count * 2;
    struct stream_form **buckets = mem_zalloc(count, sizeof(struct stream_form *));

    if (buckets == NULL)
        return table->bucket_count > 0;
    for (size_t i = 0; i < table->bucket_count; i++) {
        struct stream_form *form = table->buckets[i];
        while (form != NULL) {
            struct stream_form *next = form->next_in_bucket;
            form->next_in_bucket = buckets[form->hash & (count - 1)];
            buckets[form->hash & (count - 1)] = form;
            form = next;
        }
    }
    mem_free(table->buckets);
    table->buckets = buckets;
    table->bucket_count = count;
    return true;
}

void stream_form_add(struct stream_table *table, struct stream *stream, const uint8_t *items,
                     size_t size)
{
    struct stream_form *form;
    struct stream_form **bucket;

    if (stream->form_count == STREAM_FORMS_MAX)
        return;
    if (table->form_count >= table->bucket_count && !table_grow(table))
        return;
    form = mem_alloc(sizeof *form + size);
    if (form == NULL)
        return;
    *form = (struct stream_form){
        .next_of_stream = stream->forms,
        .stream = stream,
        .hash = hash_of(table, stream->instrument, items, size),
        .size = size,
    };
    memcpy(form->items, items, size);
    bucket = &table->buckets[form->hash & (table->bucket_count - 1)];
    form->next_in_bucket = *bucket;
    *bucket = form;
    stream->forms = form;
    stream->form_count++;
    table->form_count++;
}

struct stream *stream_create(struct stream_table *table, struct instrument *instrument,
                             const uint8_t *attributes, size_t size)
{
    const size_t fixed = sizeof(struct record_measurement);
    struct stream *stream = mem_zalloc(1, sizeof *stream + size);

    if (stream == NULL)
        return NULL;
    stream->instrument = instrument;
    stream->attributes = memcpy(stream + 1, attributes, size);
    stream_form_add(table, stream, attributes + fixed, size - fixed);
    if (stream->forms == NULL) {
        mem_free(stream);
        return NULL;
    }
    return stream;
}

static void form_remove(struct stream_table *table, struct stream_form *form)
{
    struct stream_form **link = &table->buckets[form->hash & (table->bucket_count - 1)];

    while (*link != form)
        link = &(*link)->next_in_bucket;
    *link = form->next_in_bucket;
    table->form_count--;
    mem_free(form);
}

void stream_destroy(struct stream_table *table, struct stream *stream)
{
    while (stream->forms != NULL) {
        struct stream_form *form = stream->forms;
        stream->forms = form->next_of_stream;
        form_remove(table, form);
    }
    mem_free(stream);
}
