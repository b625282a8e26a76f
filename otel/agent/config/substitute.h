/*
 * Environment variables in a scalar of the configuration file: ${NAME}, ${env:NAME},
 * ${NAME:-default}, and $$ for a dollar. From left to right, once: what a variable holds is not
 * looked through again. Specification: configuration/data-model.md "Environment variable
 * substitution".
 */
#ifndef OTEL_AGENT_SUBSTITUTE_H
#define OTEL_AGENT_SUBSTITUTE_H

#include "base/buf.h"

/* Appends the text with its references replaced. False: a reference has bad syntax; *problem_at
 * is where it begins. No memory: out->has_failed. */
bool substitute(const char *text, size_t length, struct buf *out, size_t *problem_at);

#endif
