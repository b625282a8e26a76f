/*
 * syslog messages as log records, where the configuration asks for stderr's. They still go to
 * the system's log by the real function.
 *
 * Severities: severity.h; what the program's own mask (setlogmask)
 * keeps back is no record.
 */
#undef _FORTIFY_SOURCE

#include "hooks/hook.h"
#include "hooks/severity.h"
#include "otel/semconv.h"
#include "record/hook_entry.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>

void __syslog_chk(int priority, int level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void __vsyslog_chk(int priority, int level, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

HOOK_REAL(openlog, NULL)
HOOK_REAL(vsyslog, NULL)
HOOK_REAL(__vsyslog_chk, NULL)

enum { TEXT_BYTES = 8192 }; /* a record keeps no more of a body */

/* What openlog said last. Relaxed: libc orders nothing more for it either. */
static _Atomic(int) default_facility = LOG_USER;

static bool is_captured(int priority)
{
    const struct segment_config *config = record_config();

    return config->captures_stderr && !(config->disabled & SEGMENT_DISABLED_SYSLOG) &&
           (LOG_MASK(LOG_PRI(priority)) & setlogmask(0));
}

static int facility_of(int priority)
{
    int facility = priority & LOG_FACMASK;

    if (facility == 0)
        facility = atomic_load_explicit(&default_facility, memory_order_relaxed);
    return facility >> 3; /* RFC 5424's number */
}

__attribute__((format(printf, 2, 0))) static void message_record(int priority, const char *format,
                                                                 va_list arguments)
{
    int saved_errno = errno;
    char text[TEXT_BYTES];
    va_list copy;
    int length;

    if (!is_captured(priority))
        return;
    va_copy(copy, arguments);
    length = vsnprintf(text, sizeof(text), format, copy);
    va_end(copy);
    if (length >= (int)sizeof(text))
        length = (int)sizeof(text) - 1;
    while (length > 0 && text[length - 1] == '\n')
        length--;
    if (hook_enter() && length > 0) {
        const struct otel_attribute attributes[] = {
            otel_attribute_int(OTEL_SYSLOG_FACILITY, facility_of(priority)),
        };

        record_log(RECORD_SCOPE_SYSLOG, severity_of_priority(priority),
                   (struct otel_str){ text, (size_t)length }, attributes, 1);
    }
    hook_leave();
    errno = saved_errno;
}

HOOK_EXPORT void openlog(const char *identity, int options, int facility)
{
    if (facility != 0 && (facility & ~LOG_FACMASK) == 0)
        atomic_store_explicit(&default_facility, facility, memory_order_relaxed);
    real_openlog()(identity, options, facility);
}

HOOK_EXPORT void vsyslog(int priority, const char *format, va_list arguments)
{
    message_record(priority, format, arguments);
    real_vsyslog()(priority, format, arguments);
}

HOOK_EXPORT void syslog(int priority, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsyslog(priority, format, arguments);
    va_end(arguments);
}

HOOK_EXPORT void __vsyslog_chk(int priority, int level, const char *format, va_list arguments)
{
    message_record(priority, format, arguments);
    real___vsyslog_chk()(priority, level, format, arguments);
}

HOOK_EXPORT void __syslog_chk(int priority, int level, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    __vsyslog_chk(priority, level, format, arguments);
    va_end(arguments);
}
