/*
 * Reading what may have been scribbled over: every size, type and text is looked at before it
 * is used. Works on private copies; what is in shared memory may change while one looks.
 */
#ifndef OTEL_SEGMENT_CHECK_H
#define OTEL_SEGMENT_CHECK_H

#include "segment/layout.h"

/* True when `size` bytes are a whole record of a known type and version whose items all fit. */
bool record_check(const uint8_t *record, size_t size);

/* One item, taken apart. The pointers lie in the record. */
struct record_view {
    enum record_item_kind kind;
    enum record_value_type type;
    uint16_t key_id;
    uint32_t key_length;
    uint32_t value_length;
    const char *key; /* the text, also of a well-known key */
    const uint8_t *value;
};

/*
 * The next item of a record that record_check has passed and nobody has touched since: no size is
 * looked at again. *offset is 0 at first. False behind the last one.
 */
bool record_item_next(const uint8_t *record, size_t *offset, struct record_view *out);

/*
 * The same of a record that may be anything. False, too, for an item that is not whole, or of a
 * kind, type or key that is not known (the reader of a newer writer stops).
 */
bool record_item_check(const uint8_t *record, size_t *offset, struct record_view *out);

/* The next string of a RECORD_VALUE_STRINGS item; *offset is 0 at first. */
bool record_string_next(const struct record_view *item, uint32_t *offset, const char **text,
                        uint32_t *length);

/* The next of a BOOLS, INTS or DOUBLES item, as an item of its own; *offset is 0 at first. */
bool record_element_next(const struct record_view *item, uint32_t *offset,
                         struct record_view *element);

/* The value of an INT, BOOL or DOUBLE item. */
int64_t record_view_int(const struct record_view *item);
double record_view_double(const struct record_view *item);

/* The text of a well-known key, NULL when the id is not known. */
const char *record_key_text(uint16_t key_id);

/* Copies a text field that should hold a NUL and may not; the copy always does. */
void segment_text_copy(char *out, size_t out_size, const char *field, size_t field_size);

/* True for a header that this build can read: magic, version, size. */
bool segment_header_check(const struct segment_header *header, uint64_t file_bytes);

#endif
