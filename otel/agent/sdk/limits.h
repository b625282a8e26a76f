/*
 * A span or log record as it may leave: attributes once per key, cut to their length, lists cut
 * to their count, what was left out counted. Made in one pass over the record's bytes; the
 * result borrows from the record and from its own fixed room, so nothing is allocated.
 *
 * Specification: trace/sdk.md "Span Limits", common/README.md "Attribute Limits".
 */
#ifndef OTEL_AGENT_SDK_LIMITS_H
#define OTEL_AGENT_SDK_LIMITS_H

#include "segment/check.h"

#define LIMITS_NONE UINT32_MAX

/* A record of RECORD_BYTES_MAX holds no more items than this. */
enum { LIMITS_ITEMS_MAX = RECORD_BYTES_MAX / sizeof(struct record_item) };

struct limits {
    uint32_t attribute_count;
    uint32_t value_length; /* characters, also of each element of a list; LIMITS_NONE: any */
    uint32_t event_count;
    uint32_t link_count;
    uint32_t event_attribute_count;
    uint32_t link_attribute_count;
};

/* An event or a link, with its run of `child_attributes`. */
struct limited_child {
    struct record_view item;
    uint32_t first;
    uint32_t count;
    uint32_t dropped;
};

/* Texts that a record does not have are empty. Items of `attributes` are cut already, but for
 * the elements of string lists: whoever writes them asks limits_text_fit for each. */
struct limited_record {
    const struct record_header *header;
    uint32_t value_length;
    struct record_view name;
    struct record_view trace_state;
    struct record_view status_message;
    struct record_view body;
    struct record_view event_name;

    uint32_t attribute_count;
    uint32_t attributes_dropped;
    uint32_t event_count;
    uint32_t events_dropped;
    uint32_t link_count;
    uint32_t links_dropped;
    uint32_t child_attribute_count;
    struct record_view attributes[LIMITS_ITEMS_MAX];
    struct record_view child_attributes[LIMITS_ITEMS_MAX];
    struct limited_child events[LIMITS_ITEMS_MAX];
    struct limited_child links[LIMITS_ITEMS_MAX];
};

/* Takes apart a record that record_check has passed. `out` is large: make one and keep it. */
void limits_apply(const struct limits *limits, const uint8_t *record, struct limited_record *out);

/* Bytes of the first `characters` characters; what is no UTF-8 counts as it is written out:
 * one character for each U+FFFD. */
uint32_t limits_text_fit(const char *text, uint32_t length, uint32_t characters);

#endif
