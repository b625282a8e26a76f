/*
 * The records that workers write and the launcher reads: length-prefixed, versioned and
 * self-contained. A record is a fixed part followed by items; every size is a multiple of 8, so
 * fixed parts can be read in place. Native byte order: both sides are one machine.
 *
 * The reader trusts nothing: record_check (check.h) looks at every size before it is used, on a
 * private copy of the record.
 */
#ifndef OTEL_SEGMENT_RECORD_H
#define OTEL_SEGMENT_RECORD_H

#include <stdint.h>

#define RECORD_VERSION 1
#define RECORD_BYTES_MAX 16384      /* a whole record, items included */
#define RECORD_VALUE_BYTES_MAX 8192 /* one text; longer ones are cut at a character and counted */

enum record_type {
    RECORD_PAD = 0, /* fills the end of the ring; only its size counts */
    RECORD_SPAN,
    RECORD_LOG,
    RECORD_MEASUREMENT,
    RECORD_TYPE_COUNT
};

/* Who instruments: the launcher writes it as the InstrumentationScope. */
enum record_scope {
    RECORD_SCOPE_APPLICATION = 0,
    RECORD_SCOPE_FCGI,
    RECORD_SCOPE_SQLITE,
    RECORD_SCOPE_CURL,
    RECORD_SCOPE_STDERR,
    RECORD_SCOPE_SYSLOG,
    RECORD_SCOPE_LAUNCHER,
    RECORD_SCOPE_COUNT
};

struct record_header {
    uint32_t size; /* bytes, this header and all items included; multiple of 8 */
    uint8_t type;
    uint8_t version;
    uint8_t scope;
    uint8_t reserved;
};

#define RECORD_SPAN_PARENT_IS_REMOTE 1u
/* Set by the launcher on a span that it ended for a dead worker. */
#define RECORD_SPAN_ENDED_BY_LAUNCHER 2u

struct record_span {
    struct record_header header;
    uint8_t trace_id[16];
    uint8_t span_id[8];
    uint8_t parent_span_id[8]; /* zero: root */
    uint64_t start_ns;         /* wall clock */
    uint64_t end_ns;           /* 0 while it is open */
    uint8_t kind;              /* enum otel_span_kind */
    uint8_t status;            /* enum otel_span_status */
    uint8_t trace_flags;
    uint8_t flags; /* RECORD_SPAN_… */
    uint32_t dropped_attributes;
    uint32_t dropped_events;
    uint32_t dropped_links;
};

struct record_log {
    struct record_header header;
    uint8_t trace_id[16]; /* zero: outside any trace */
    uint8_t span_id[8];
    uint64_t time_ns; /* wall clock */
    uint8_t severity; /* 1 to 24, 0 unspecified */
    uint8_t trace_flags;
    uint8_t reserved[2];
    uint32_t dropped_attributes;
};

struct record_measurement {
    struct record_header header;
    uint8_t trace_id[16]; /* of the span that was current, for exemplars */
    uint8_t span_id[8];
    uint64_t time_ns;    /* wall clock */
    uint16_t instrument; /* place in the segment's table of instruments */
    uint8_t is_double;
    uint8_t trace_flags;
    uint32_t reserved;
    union {
        int64_t integer;
        double real;
    } value;
};

enum record_item_kind {
    RECORD_ITEM_NAME = 1,        /* string: span name; the last one counts */
    RECORD_ITEM_ATTRIBUTE,       /* the last one of a key counts */
    RECORD_ITEM_TRACE_STATE,     /* string */
    RECORD_ITEM_STATUS_MESSAGE,  /* string; the last one counts */
    RECORD_ITEM_EVENT,           /* key: event name; value: int, its wall clock in ns */
    RECORD_ITEM_EVENT_ATTRIBUTE, /* of the event before it */
    RECORD_ITEM_LINK,            /* bytes: trace id 16, span id 8, trace flags 1 */
    RECORD_ITEM_LINK_ATTRIBUTE,  /* of the link before it */
    RECORD_ITEM_BODY,            /* string: log body */
    RECORD_ITEM_EVENT_NAME,      /* string: log event name */
    RECORD_ITEM_STACK,           /* stack: becomes exception.stacktrace once it is resolved */
    RECORD_ITEM_KIND_COUNT
};

enum record_value_type {
    RECORD_VALUE_STRING = 0, /* bytes, UTF-8 hoped for, not promised */
    RECORD_VALUE_BOOL,       /* int64: 0 or 1 */
    RECORD_VALUE_INT,        /* int64 */
    RECORD_VALUE_DOUBLE,     /* double */
    RECORD_VALUE_STRINGS,    /* array of strings: each a uint32 length and its bytes, unpadded */
    RECORD_VALUE_STACK,      /* uint64 program counters, innermost first */
    RECORD_VALUE_BYTES,
    RECORD_VALUE_BOOLS, /* arrays of what is above: 8 bytes each */
    RECORD_VALUE_INTS,
    RECORD_VALUE_DOUBLES,
    RECORD_VALUE_TYPE_COUNT
};

/* Followed by the value, then the key's text when key_id is 0, then padding to 8 bytes. */
struct record_item {
    uint32_t size; /* header, value, key and padding */
    uint8_t kind;
    uint8_t type;
    uint16_t key_id; /* semconv.h; 0: the key is text, or there is none */
    uint32_t value_length;
    uint32_t key_length;
};

_Static_assert(sizeof(struct record_header) == 8, "records are read in place");
_Static_assert(sizeof(struct record_span) == 72, "records are read in place");
_Static_assert(sizeof(struct record_log) == 48, "records are read in place");
_Static_assert(sizeof(struct record_measurement) == 56, "records are read in place");
_Static_assert(sizeof(struct record_item) == 16, "items are read in place");

#endif
