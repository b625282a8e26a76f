/*
 * SQL as telemetry may show it: a summary of what a statement does to what, and its text without
 * the values. A tokenizer, no parser: text that SQL would refuse gives some answer, never a
 * failure. No allocation.
 *
 * Specification: semantic-conventions database-spans "Generating a summary of the query",
 * "Sanitization of db.query.text".
 */
#ifndef OTEL_HOOKS_SQL_TEXT_H
#define OTEL_HOOKS_SQL_TEXT_H

#include <stddef.h>

#define SQL_SUMMARY_BYTES 256 /* the convention allows 255 characters */

/*
 * Operations and targets in order, as they are spelled: "SELECT board", "INSERT a SELECT b",
 * "CREATE TABLE t". Several statements: "BATCH " and their summary when they share it, else
 * "BATCH".
 */
struct sql_summary {
    /* Not those that only steer the connection (BEGIN, COMMIT, PRAGMA, EXPLAIN …): 0 means that
     * there is nothing to tell. */
    unsigned statement_count;
    size_t length;
    char text[SQL_SUMMARY_BYTES]; /* ends with a NUL */
};

void sql_summarise(const char *sql, size_t length, struct sql_summary *out);

/*
 * The text with each literal as "?" and without comments; what has no room (size, its NUL
 * included) is cut at a character. Returns the length. Text in double quotes is a name, but
 * where SQLite would take it for a string (compared, listed) it is a literal.
 */
size_t sql_sanitise(const char *sql, size_t length, char *out, size_t size);

#endif
