/*
 * Spans or log records of a batch, one scope after the other, each record taken apart within its
 * limits: the order in which every OTLP format writes them.
 *
 *   while (record_groups_scope(&groups, &scope))
 *       while ((record = record_groups_next(&groups)) != NULL)
 */
#ifndef OTEL_AGENT_ENCODE_RECORD_GROUPS_H
#define OTEL_AGENT_ENCODE_RECORD_GROUPS_H

#include "agent/encode/encoder.h"

struct record_groups {
    const struct encoder *encoder;
    const struct limits *limits;
    const uint8_t *const *records;
    uint32_t count;
    uint32_t first; /* of the records behind which the next scope is looked for */
    uint32_t at;    /* in the present scope */
    uint8_t scope;
    bool is_done[UINT8_MAX + 1]; /* by scope */
};

/* The next scope that has records, in the order of their first ones; false behind the last. */
bool record_groups_scope(struct record_groups *groups, uint8_t *scope);

/* The next record of the scope, valid until the one after it; NULL behind the last. */
const struct limited_record *record_groups_next(struct record_groups *groups);

#endif
