/* A FastCGI program that says something on stderr, on libfcgi's error stream and to syslog, by
 * every function that there is for it. Each line names its function. */
#include <dlfcn.h>
#include <err.h>
#include <errno.h>
#include <fcgiapp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <syslog.h>
#include <unistd.h>

#if defined(__GNUC__)
__attribute__((format(printf, 1, 2)))
#endif
static void
by_list(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    va_start(arguments, format);
    vdprintf(STDERR_FILENO, format, arguments);
    va_end(arguments);
    va_start(arguments, format);
    vsyslog(LOG_NOTICE, format, arguments);
    va_end(arguments);
}

static void to_stderr(void)
{
    char first[] = "writev ", second[] = "line\n";
    struct iovec pieces[] = { { first, 7 }, { second, 5 } };
    const char *volatile number = "1"; /* keeps the compiler from choosing fwrite */

    /* The first word of the process on stderr: dlerror's text must outlive it. */
    if (!dlopen("/nowhere/library.so", RTLD_LAZY)) {
        const char *reason = dlerror();

        fprintf(stderr, "dlerror line %s\n", number);
        fprintf(stderr, "%s\n", reason);
    }
    fprintf(stderr, "fprintf line %s\n", number);
    fputs("fputs line\n", stderr);
    fputs("joined ", stderr);
    fwrite("of three ", 1, 9, stderr);
    fputc('p', stderr);
    putc('u', stderr);
    fputs("ts\n", stderr);
    dprintf(STDERR_FILENO, "dprintf line %s\n", number);
    by_list("list line %s\n", number);
    if (write(STDERR_FILENO, "write line\ntwo lines\n", 21) < 0 ||
        writev(STDERR_FILENO, pieces, 2) < 0)
        return;
    errno = ENOENT;
    perror("perror line");
    errno = EACCES;
    warn("warn line %s", number);
    warnx("warnx line %s", number);
}

static void to_syslog(void)
{
    openlog("messages", LOG_PID, LOG_LOCAL3);
    syslog(LOG_ALERT, "syslog alert %d", 1);
    syslog(LOG_MAIL | LOG_ERR, "syslog error of %s", "mail");
    setlogmask(LOG_UPTO(LOG_NOTICE));
    syslog(LOG_DEBUG, "syslog masked");
    setlogmask(LOG_UPTO(LOG_DEBUG));
}

int main(void)
{
    FCGX_Request request;

    if (FCGX_Init() != 0 || FCGX_InitRequest(&request, 0, 0) != 0)
        return 1;
    while (FCGX_Accept_r(&request) == 0) {
        to_stderr();
        to_syslog();
        FCGX_FPrintF(request.err, "error stream %s\n", "line");
        FCGX_FPrintF(request.out, "Content-Type: text/plain\r\n\r\nsaid\n");
        fputs("cut off by the end of the request", stderr);
        FCGX_Finish_r(&request);
        fputs("\n", stderr);
    }
    return 0;
}
