/*
 * Names of metrics, units and labels as Prometheus has them: what its names cannot hold becomes
 * an underscore, runs of underscores become one, units are words.
 *
 * Specification: compatibility/prometheus_and_openmetrics.md "Metric Metadata", "Metric
 * Attributes".
 */
#ifndef OTEL_AGENT_ENCODE_PROMETHEUS_NAME_H
#define OTEL_AGENT_ENCODE_PROMETHEUS_NAME_H

#include "base/buf.h"

enum { PROMETHEUS_NAME_BYTES = 512, PROMETHEUS_UNIT_BYTES = 160 };

enum prometheus_type {
    PROMETHEUS_GAUGE = 0,
    PROMETHEUS_COUNTER,
    PROMETHEUS_HISTOGRAM,
    PROMETHEUS_INFO,
};

/* Of a family: its samples' names are this and a suffix (_total, _bucket …). */
struct prometheus_name {
    char family[PROMETHEUS_NAME_BYTES];
    char unit[PROMETHEUS_UNIT_BYTES]; /* the last words of the family's name; "": none */
};

/* unit: UCUM, as instruments have it; "" for none, and to leave it out of the name. */
void prometheus_name(const char *name, const char *unit, enum prometheus_type type,
                     struct prometheus_name *out);

/* True when families of these names cannot stand on one page: a sample's name of one is a name
 * of the other. */
bool prometheus_names_clash(const char *family, enum prometheus_type type, const char *other,
                            enum prometheus_type other_type);

/* Appends the label's name of an attribute's key. */
void prometheus_label(struct buf *out, const char *key, size_t length);

/* True when both keys have the same label's name. */
bool prometheus_labels_match(const char *left, size_t left_length, const char *right,
                             size_t right_length);

#endif
