/*
 * Text that the program writes for people, as log records: one per line, under the scope of the
 * stream it came by.
 */
#ifndef OTEL_HOOKS_STREAM_H
#define OTEL_HOOKS_STREAM_H

#include "otel/attribute.h"

#include <stdarg.h>
#include <stdbool.h>

/* True where the configuration asks for stderr and nobody switched that off. */
bool stream_is_captured(void);

enum stream_source { STREAM_STDERR = 0, STREAM_FCGI_ERROR /* libfcgi's error stream */ };

/*
 * Text that a program writes, cut anywhere: whole lines become records now, the rest waits on
 * this thread for its end. Keeps errno.
 */
void stream_text(enum stream_source source, struct otel_str text);

/* printf's own text, for stderr; the arguments are left as they were. %m is read from errno, which
 * is kept. */
void stream_format(const char *format, va_list arguments) __attribute__((format(printf, 1, 0)));

/* What waits for the end of its line becomes a record as it is: the request ends here. */
void stream_flush(void);

#endif
