/*
 * stderr as log records, where the configuration asks for it. The text still goes to its old
 * place, byte for byte, by the real function.
 *
 * libc's own functions reach the descriptor without the linker, so each that prints is wrapped by
 * itself; a hook on write sees none of them. What libc prints of its own accord (assert, the
 * loader) and what a macro puts into stdio's buffer without a call is not seen.
 */
/* Inline forms in libc's headers would stand where we define the functions. */
#undef _FORTIFY_SOURCE
#ifndef __NO_INLINE__
#define __NO_INLINE__ 1
#endif

#include "hooks/hook.h"
#include "hooks/stream.h"
#include "record/hook_entry.h"

#include <err.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#undef fputc_unlocked
#undef putc
#undef putc_unlocked
#undef fputs_unlocked
#undef fwrite_unlocked

/* The checked forms, which the headers declare only when they are used. */
#define FORMAT_OF(place, first) __attribute__((format(printf, place, first)))
int __fprintf_chk(FILE *stream, int level, const char *format, ...) FORMAT_OF(3, 4);
int __vfprintf_chk(FILE *stream, int level, const char *format, va_list arguments) FORMAT_OF(3, 0);
int __dprintf_chk(int fd, int level, const char *format, ...) FORMAT_OF(3, 4);
int __vdprintf_chk(int fd, int level, const char *format, va_list arguments) FORMAT_OF(3, 0);

HOOK_REAL(write, NULL)
HOOK_REAL(writev, NULL)
HOOK_REAL(vfprintf, NULL)
HOOK_REAL(vdprintf, NULL)
HOOK_REAL(__vfprintf_chk, NULL)
HOOK_REAL(__vdprintf_chk, NULL)
HOOK_REAL(fputs, NULL)
HOOK_REAL(fputs_unlocked, NULL)
HOOK_REAL(fputc, NULL)
HOOK_REAL(fputc_unlocked, NULL)
HOOK_REAL(putc, NULL)
HOOK_REAL(putc_unlocked, NULL)
HOOK_REAL(fwrite, NULL)
HOOK_REAL(fwrite_unlocked, NULL)
HOOK_REAL(perror, NULL)
HOOK_REAL(vwarn, NULL)
HOOK_REAL(vwarnx, NULL)
HOOK_REAL(verr, NULL)
HOOK_REAL(verrx, NULL)

static bool descriptor_is_seen(int fd)
{
    return fd == STDERR_FILENO && stream_is_captured();
}

static bool stream_is_seen(const FILE *stream)
{
    return stream == stderr && stream_is_captured();
}

HOOK_EXPORT ssize_t write(int fd, const void *bytes, size_t length)
{
    ssize_t written = real_write()(fd, bytes, length);

    if (written > 0 && descriptor_is_seen(fd))
        stream_text(STREAM_STDERR, (struct otel_str){ bytes, (size_t)written });
    return written;
}

HOOK_EXPORT ssize_t writev(int fd, const struct iovec *pieces, int count)
{
    ssize_t written = real_writev()(fd, pieces, count);

    if (written > 0 && descriptor_is_seen(fd)) {
        size_t left = (size_t)written;

        for (int i = 0; left > 0; i++) {
            size_t length = pieces[i].iov_len < left ? pieces[i].iov_len : left;

            stream_text(STREAM_STDERR, (struct otel_str){ pieces[i].iov_base, length });
            left -= length;
        }
    }
    return written;
}

HOOK_EXPORT int vfprintf(FILE *stream, const char *format, va_list arguments)
{
    if (stream_is_seen(stream))
        stream_format(format, arguments);
    return real_vfprintf()(stream, format, arguments);
}

HOOK_EXPORT int fprintf(FILE *stream, const char *format, ...)
{
    va_list arguments;
    int result;

    va_start(arguments, format);
    result = vfprintf(stream, format, arguments);
    va_end(arguments);
    return result;
}

HOOK_EXPORT int vdprintf(int fd, const char *format, va_list arguments)
{
    if (descriptor_is_seen(fd))
        stream_format(format, arguments);
    return real_vdprintf()(fd, format, arguments);
}

HOOK_EXPORT int dprintf(int fd, const char *format, ...)
{
    va_list arguments;
    int result;

    va_start(arguments, format);
    result = vdprintf(fd, format, arguments);
    va_end(arguments);
    return result;
}

HOOK_EXPORT int __vfprintf_chk(FILE *stream, int level, const char *format, va_list arguments)
{
    if (stream_is_seen(stream))
        stream_format(format, arguments);
    return real___vfprintf_chk()(stream, level, format, arguments);
}

HOOK_EXPORT int __fprintf_chk(FILE *stream, int level, const char *format, ...)
{
    va_list arguments;
    int result;

    va_start(arguments, format);
    result = __vfprintf_chk(stream, level, format, arguments);
    va_end(arguments);
    return result;
}

HOOK_EXPORT int __vdprintf_chk(int fd, int level, const char *format, va_list arguments)
{
    if (descriptor_is_seen(fd))
        stream_format(format, arguments);
    return real___vdprintf_chk()(fd, level, format, arguments);
}

HOOK_EXPORT int __dprintf_chk(int fd, int level, const char *format, ...)
{
    va_list arguments;
    int result;

    va_start(arguments, format);
    result = __vdprintf_chk(fd, level, format, arguments);
    va_end(arguments);
    return result;
}

HOOK_EXPORT int fputs(const char *text, FILE *stream)
{
    if (stream_is_seen(stream))
        stream_text(STREAM_STDERR, otel_str(text));
    return real_fputs()(text, stream);
}

HOOK_EXPORT int fputs_unlocked(const char *text, FILE *stream)
{
    if (stream_is_seen(stream))
        stream_text(STREAM_STDERR, otel_str(text));
    return real_fputs_unlocked()(text, stream);
}

static void character_text(int character)
{
    char byte = (char)character;

    stream_text(STREAM_STDERR, (struct otel_str){ &byte, 1 });
}

HOOK_EXPORT int fputc(int character, FILE *stream)
{
    if (stream_is_seen(stream))
        character_text(character);
    return real_fputc()(character, stream);
}

HOOK_EXPORT int fputc_unlocked(int character, FILE *stream)
{
    if (stream_is_seen(stream))
        character_text(character);
    return real_fputc_unlocked()(character, stream);
}

HOOK_EXPORT int putc(int character, FILE *stream)
{
    if (stream_is_seen(stream))
        character_text(character);
    return real_putc()(character, stream);
}

HOOK_EXPORT int putc_unlocked(int character, FILE *stream)
{
    if (stream_is_seen(stream))
        character_text(character);
    return real_putc_unlocked()(character, stream);
}

HOOK_EXPORT size_t fwrite(const void *items, size_t size, size_t count, FILE *stream)
{
    if (stream_is_seen(stream))
        stream_text(STREAM_STDERR, (struct otel_str){ items, size * count });
    return real_fwrite()(items, size, count, stream);
}

HOOK_EXPORT size_t fwrite_unlocked(const void *items, size_t size, size_t count, FILE *stream)
{
    if (stream_is_seen(stream))
        stream_text(STREAM_STDERR, (struct otel_str){ items, size * count });
    return real_fwrite_unlocked()(items, size, count, stream);
}

/* "message: " in front, the text of errno behind, as perror and the err.h family print it. */
static void error_text(const char *front, const char *separator, const char *behind)
{
    stream_text(STREAM_STDERR, otel_str(front));
    stream_text(STREAM_STDERR, otel_str(separator));
    stream_text(STREAM_STDERR, otel_str(behind));
    stream_text(STREAM_STDERR, OTEL_STR("\n"));
}

HOOK_EXPORT void perror(const char *message)
{
    if (stream_is_captured()) {
        int saved_errno = errno;
        bool has_message = message && *message;
        char buffer[128];

        error_text(has_message ? message : "", has_message ? ": " : "",
                   strerror_r(errno, buffer, sizeof(buffer)));
        errno = saved_errno;
    }
    real_perror()(message);
}

/* "program: message: error" of warn, "program: message" of warnx. */
__attribute__((format(printf, 1, 0))) static void warning_text(const char *format,
                                                               va_list arguments, const char *error)
{
    if (!stream_is_captured())
        return;
    stream_text(STREAM_STDERR, otel_str(program_invocation_short_name));
    stream_text(STREAM_STDERR, OTEL_STR(": "));
    if (format)
        stream_format(format, arguments);
    error_text("", format && error ? ": " : "", error ? error : "");
}

HOOK_EXPORT void vwarn(const char *format, va_list arguments)
{
    char buffer[128];

    warning_text(format, arguments, strerror_r(errno, buffer, sizeof(buffer)));
    real_vwarn()(format, arguments);
}

HOOK_EXPORT void warn(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vwarn(format, arguments);
    va_end(arguments);
}

HOOK_EXPORT void vwarnx(const char *format, va_list arguments)
{
    warning_text(format, arguments, NULL);
    real_vwarnx()(format, arguments);
}

HOOK_EXPORT void warnx(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vwarnx(format, arguments);
    va_end(arguments);
}

HOOK_EXPORT void verr(int status, const char *format, va_list arguments)
{
    char buffer[128];

    warning_text(format, arguments, strerror_r(errno, buffer, sizeof(buffer)));
    real_verr()(status, format, arguments);
    __builtin_unreachable();
}

HOOK_EXPORT void err(int status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    verr(status, format, arguments);
}

HOOK_EXPORT void verrx(int status, const char *format, va_list arguments)
{
    warning_text(format, arguments, NULL);
    real_verrx()(status, format, arguments);
    __builtin_unreachable();
}

HOOK_EXPORT void errx(int status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    verrx(status, format, arguments);
}
