/*
 * Preloaded: counts the allocations or the system calls of one program from a moment on, and makes
 * the n-th of them fail, alone, or any by chance. FAULT_PROGRAM names the program, FAULT_FILE the
 * page of memory it shares with the test, which arms it and reads what happened (harness/faults.py
 * has the same structure). What libc calls by itself does not pass here, but for its malloc.
 */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    SHORT = -1,
    ERRORS_MAX = 6,
    PATH_LENGTH = 65536,
    NAME_LENGTH = 16,
    CALLS_MAX = 64,
    FRAMES = 24,
    WHERE_LENGTH = 3000
};
enum kind { ALLOCATIONS = 1, SYSTEM_CALLS = 2 };

/* Name, kind, and the errors that it is known for; SHORT does a byte of the work. */
#define CALLS(X)                                                                                   \
    X(malloc, ALLOCATIONS, ENOMEM)                                                                 \
    X(calloc, ALLOCATIONS, ENOMEM)                                                                 \
    X(realloc, ALLOCATIONS, ENOMEM)                                                                \
    X(memalign, ALLOCATIONS, ENOMEM)                                                               \
    X(read, SYSTEM_CALLS, EINTR, EAGAIN, ECONNRESET, EIO, SHORT)                                   \
    X(pread, SYSTEM_CALLS, EINTR, EIO, SHORT)                                                      \
    X(recv, SYSTEM_CALLS, EINTR, EAGAIN, ECONNRESET, SHORT)                                        \
    X(write, SYSTEM_CALLS, EINTR, EAGAIN, EPIPE, ENOSPC, SHORT)                                    \
    X(writev, SYSTEM_CALLS, EINTR, EAGAIN, EPIPE, ENOSPC, SHORT)                                   \
    X(pwrite, SYSTEM_CALLS, EINTR, EIO, ENOSPC, SHORT)                                             \
    X(send, SYSTEM_CALLS, EINTR, EAGAIN, EPIPE, ECONNRESET, SHORT)                                 \
    X(sendmsg, SYSTEM_CALLS, EINTR, EAGAIN, EPIPE, ECONNRESET, SHORT)                              \
    X(accept, SYSTEM_CALLS, EINTR, EAGAIN, ECONNABORTED, EMFILE)                                   \
    X(connect, SYSTEM_CALLS, EINTR, EAGAIN, ECONNREFUSED, ECONNRESET)                              \
    X(socket, SYSTEM_CALLS, EMFILE)                                                                \
    X(setsockopt, SYSTEM_CALLS, ENOMEM)                                                            \
    X(epoll_create1, SYSTEM_CALLS, EMFILE)                                                         \
    X(epoll_wait, SYSTEM_CALLS, EINTR)                                                             \
    X(epoll_ctl, SYSTEM_CALLS, ENOSPC, ENOMEM)                                                     \
    X(poll, SYSTEM_CALLS, EINTR, ENOMEM)                                                           \
    X(eventfd, SYSTEM_CALLS, EMFILE)                                                               \
    X(signalfd, SYSTEM_CALLS, EMFILE)                                                              \
    X(open, SYSTEM_CALLS, EINTR, EMFILE, ENOSPC, EACCES)                                           \
    X(stat, SYSTEM_CALLS, EACCES, ENOMEM)                                                          \
    X(fstat, SYSTEM_CALLS, EIO, ENOMEM)                                                            \
    X(fcntl, SYSTEM_CALLS, EINTR, ENOLCK)                                                          \
    X(flock, SYSTEM_CALLS, EINTR, ENOLCK)                                                          \
    X(fsync, SYSTEM_CALLS, EINTR, EIO, ENOSPC)                                                     \
    X(ftruncate, SYSTEM_CALLS, EINTR, EIO, ENOSPC)                                                 \
    X(fallocate, SYSTEM_CALLS, EINTR, ENOSPC)                                                      \
    X(rename, SYSTEM_CALLS, EACCES, ENOSPC)                                                        \
    X(mmap, SYSTEM_CALLS, ENOMEM, EMFILE)                                                          \
    X(getrandom, SYSTEM_CALLS, EINTR, EAGAIN)                                                      \
    X(pidfd_open, SYSTEM_CALLS, EMFILE)                                                            \
    X(pthread_create, SYSTEM_CALLS, EAGAIN)

enum call {
#define X(name, kind, ...) CALL_##name,
    CALLS(X)
#undef X
        CALL_COUNT,
};

struct call_facts {
    char name[NAME_LENGTH];
    int32_t kind;
    int32_t errors[ERRORS_MAX + 1]; /* up to a zero */
};

struct control {
    /* The test's. The order of writing counts: kinds is last, and 0 is off. */
    uint64_t at;      /* the call that fails, from 1; 0: by chance */
    uint64_t one_in;  /* that chance */
    uint64_t variant; /* which of its errors, by number, from 0 */
    uint32_t only;    /* this call alone counts, by number from 1; 0: all of the kinds */
    uint32_t spares;  /* not 0: the calls of some libraries do not fail, see SPARED */
    _Atomic uint32_t kinds;
    /* The program's. */
    _Atomic uint64_t counted;
    _Atomic uint64_t fired;
    _Atomic uint64_t random;
    int32_t error; /* of the last that fired */
    uint32_t call;
    char where[WHERE_LENGTH]; /* its callers, nearest first: module+offset, a line each */
    uint32_t fired_by_call[CALLS_MAX];
    struct call_facts facts[CALLS_MAX];
    uint8_t path[PATH_LENGTH]; /* the calls counted, in order */
};

static const struct call_facts FACTS[CALL_COUNT] = {
#define X(name, kind, ...) { #name, kind, { __VA_ARGS__, 0 } },
    CALLS(X)
#undef X
};

static struct control *control;
static _Thread_local volatile bool is_inside __attribute__((tls_model("initial-exec")));

/* --- whether, and what ---------------------------------------------------------------------------
 */

static uint64_t chance(void)
{
    uint64_t x = atomic_fetch_add(&control->random, 0x9e3779b97f4a7c15) + 0x9e3779b97f4a7c15;

    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
}

/* The file of a frame's code, without folder; "" when it is not known. */
static const char *module_of(void *frame, Dl_info *found)
{
    const char *slash;

    if (!dladdr(frame, found) || !found->dli_fname)
        return "";
    slash = strrchr(found->dli_fname, '/');
    return slash ? slash + 1 : found->dli_fname;
}

/* The callers, for the test: they say in whose code the fault was. */
static void where_note(void *const *frames, int count)
{
    size_t length = 0;

    for (int i = 0; i < count && length + 2 < WHERE_LENGTH; i++) {
        Dl_info found = { 0 };
        const char *module = module_of(frames[i], &found);

        length += (size_t)snprintf(control->where + length, WHERE_LENGTH - length, "%s+0x%zx %s\n",
                                   module, (size_t)((char *)frames[i] - (char *)found.dli_fbase),
                                   found.dli_sname ? found.dli_sname : "");
    }
}

/* These end their process when they get no memory: libfcgi asserts, libdw uses what it has not. */
static const char *const SPARED[] = { "libfcgi.so", "libdw.so", "libelf.so" };
static const char *const BETWEEN[] = { "faults", "libc.so", "libasan.so" };

static bool is_one_of(const char *module, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strncmp(module, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

/* Whether the nearest caller of libc or of this file is one of them. */
static bool is_spared(void *const *frames, int count)
{
    Dl_info found = { 0 };
    int i = 0;

    while (i < count && is_one_of(module_of(frames[i], &found), BETWEEN, 3))
        i++;
    return i < count && is_one_of(module_of(frames[i], &found), SPARED, 3);
}

/* Notes a fault; 0 where the caller is spared, else its error. */
static int fault_make(enum call call, int error)
{
    void *frames[FRAMES];
    int count = backtrace(frames, FRAMES);

    if (control->spares && is_spared(frames, count))
        return 0;
    control->error = error;
    control->call = call;
    where_note(frames, count);
    control->fired_by_call[call]++;
    atomic_fetch_add(&control->fired, 1);
    return error;
}

/* The error of this call (or SHORT), 0 when it shall be done. */
static int fault(enum call call)
{
    uint32_t kind = (uint32_t)FACTS[call].kind;
    uint64_t number, variants = 0, variant;
    int entry_errno = errno;
    bool fires;
    int error;

    if (!control || is_inside || !(atomic_load(&control->kinds) & kind))
        return 0;
    if (control->only && control->only != (uint32_t)call + 1)
        return 0;
    number = atomic_fetch_add(&control->counted, 1) + 1;
    if (number <= PATH_LENGTH)
        control->path[number - 1] = (uint8_t)call;
    fires = control->at ? number == control->at : chance() % control->one_in == 0;
    if (!fires)
        return 0;
    while (FACTS[call].errors[variants])
        variants++;
    variant = control->at ? control->variant : chance() % variants;
    if (variant >= variants)
        return 0;
    is_inside = true;
    error = fault_make(call, FACTS[call].errors[variant]);
    is_inside = false;
    errno = entry_errno;
    return error;
}

/* --- the real ones -------------------------------------------------------------------------------
 */

/* What the linker itself asks for while the first name is looked up; never given back. */
static char early[65536];
static size_t early_used;

static void *early_alloc(size_t size)
{
    size_t begin = (early_used + 15) & ~(size_t)15;

    if (begin + size > sizeof early)
        return NULL;
    early_used = begin + size;
    return early + begin;
}

static bool is_early(const void *memory)
{
    return (const char *)memory >= early && (const char *)memory < early + sizeof early;
}

/* volatile: dlsym is declared to call nothing of ours back, and it does. */
static _Thread_local volatile bool is_looking_up __attribute__((tls_model("initial-exec")));

static void *look_up(const char *name)
{
    void *found;

    is_looking_up = true;
    found = dlsym(RTLD_NEXT, name);
    is_looking_up = false;
    return found;
}

#define REAL(name, result, ...)                                                                    \
    static _Atomic(void *) place_##name;                                                           \
    static result (*real_##name(void))(__VA_ARGS__)                                                \
    {                                                                                              \
        void *found = atomic_load_explicit(&place_##name, memory_order_relaxed);                   \
        if (!found) {                                                                              \
            found = look_up(#name);                                                                \
            atomic_store_explicit(&place_##name, found, memory_order_relaxed);                     \
        }                                                                                          \
        return (result(*)(__VA_ARGS__))found;                                                      \
    }

#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wmissing-prototypes"

#define FAIL_WITH(error, result)                                                                   \
    do {                                                                                           \
        if (error) {                                                                               \
            errno = error;                                                                         \
            return result;                                                                         \
        }                                                                                          \
    } while (0)

/* A call that only fails or is done: FAILS gives the result of a failure. */
#define PLAIN(name, call, result, fails, parameters, arguments)                                    \
    REAL(name, result, STRIP parameters)                                                           \
    result name parameters                                                                         \
    {                                                                                              \
        int error = fault(CALL_##call);                                                            \
        FAIL_WITH(error, fails);                                                                   \
        return real_##name() arguments;                                                            \
    }
#define STRIP(...) __VA_ARGS__

/* One that moves bytes: SHORT moves one. */
#define MOVES(name, call, result, parameters, arguments, one_byte)                                 \
    REAL(name, result, STRIP parameters)                                                           \
    result name parameters                                                                         \
    {                                                                                              \
        int error = fault(CALL_##call);                                                            \
        if (error == SHORT) {                                                                      \
            one_byte;                                                                              \
        } else                                                                                     \
            FAIL_WITH(error, -1);                                                                  \
        return real_##name() arguments;                                                            \
    }

/* --- allocations -------------------------------------------------------------------------------
 */

REAL(malloc, void *, size_t)
REAL(calloc, void *, size_t, size_t)
REAL(realloc, void *, void *, size_t)
REAL(free, void, void *)

#define FAIL_ALLOCATION(name)                                                                      \
    do {                                                                                           \
        if (fault(CALL_##name)) {                                                                  \
            errno = ENOMEM;                                                                        \
            return NULL;                                                                           \
        }                                                                                          \
    } while (0)

void *malloc(size_t size)
{
    if (is_looking_up)
        return early_alloc(size);
    FAIL_ALLOCATION(malloc);
    return real_malloc()(size);
}

void *calloc(size_t count, size_t size)
{
    if (is_looking_up)
        return early_alloc(count * size); /* zero: used once */
    FAIL_ALLOCATION(calloc);
    return real_calloc()(count, size);
}

void *realloc(void *memory, size_t size)
{
    if (is_looking_up || is_early(memory)) {
        void *moved = early_alloc(size);

        if (moved && memory)
            memcpy(moved, memory, size); /* reads on within the early memory, at most */
        return moved;
    }
    FAIL_ALLOCATION(realloc);
    return real_realloc()(memory, size);
}

void free(void *memory)
{
    if (memory && !is_early(memory) && !is_looking_up)
        real_free()(memory);
}

PLAIN(memalign, memalign, void *, NULL, (size_t alignment, size_t size), (alignment, size))

REAL(posix_memalign, int, void **, size_t, size_t)
int posix_memalign(void **out, size_t alignment, size_t size)
{
    return fault(CALL_memalign) ? ENOMEM : real_posix_memalign()(out, alignment, size);
}

/* --- bytes ---------------------------------------------------------------------------------------
 */

#define ONE(size)                                                                                  \
    if ((size) > 1)                                                                                \
    (size) = 1

MOVES(read, read, ssize_t, (int fd, void *to, size_t size), (fd, to, size), ONE(size))
MOVES(pread, pread, ssize_t, (int fd, void *to, size_t size, off_t at), (fd, to, size, at),
      ONE(size))
MOVES(pread64, pread, ssize_t, (int fd, void *to, size_t size, off_t at), (fd, to, size, at),
      ONE(size))
MOVES(recv, recv, ssize_t, (int fd, void *to, size_t size, int flags), (fd, to, size, flags),
      ONE(size))
MOVES(recvfrom, recv, ssize_t,
      (int fd, void *to, size_t size, int flags, struct sockaddr *from, socklen_t *length),
      (fd, to, size, flags, from, length), ONE(size))
MOVES(write, write, ssize_t, (int fd, const void *from, size_t size), (fd, from, size), ONE(size))
MOVES(pwrite, pwrite, ssize_t, (int fd, const void *from, size_t size, off_t at),
      (fd, from, size, at), ONE(size))
MOVES(pwrite64, pwrite, ssize_t, (int fd, const void *from, size_t size, off_t at),
      (fd, from, size, at), ONE(size))
MOVES(send, send, ssize_t, (int fd, const void *from, size_t size, int flags),
      (fd, from, size, flags), ONE(size))
MOVES(sendto, send, ssize_t,
      (int fd, const void *from, size_t size, int flags, const struct sockaddr *to,
       socklen_t length),
      (fd, from, size, flags, to, length), ONE(size))

/* The first byte of the pieces; sizes of nothing stay so. */
static int first_byte(const struct iovec *pieces, int count, struct iovec *out)
{
    for (int i = 0; i < count; i++) {
        if (pieces[i].iov_len > 0) {
            *out = (struct iovec){ pieces[i].iov_base, 1 };
            return 1;
        }
    }
    return 0;
}

REAL(writev, ssize_t, int, const struct iovec *, int)
ssize_t writev(int fd, const struct iovec *pieces, int count)
{
    struct iovec one;
    int error = fault(CALL_writev);

    if (error == SHORT) {
        return real_writev()(fd, &one, first_byte(pieces, count, &one));
    } else
        FAIL_WITH(error, -1);
    return real_writev()(fd, pieces, count);
}

REAL(sendmsg, ssize_t, int, const struct msghdr *, int)
ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    struct iovec one;
    struct msghdr cut = *message;
    int error = fault(CALL_sendmsg);

    if (error == SHORT) {
        cut.msg_iovlen = (size_t)first_byte(message->msg_iov, (int)message->msg_iovlen, &one);
        cut.msg_iov = &one;
    } else
        FAIL_WITH(error, -1);
    return real_sendmsg()(fd, &cut, flags);
}

/* --- sockets, events, files --------------------------------------------------------------------
 */

PLAIN(accept, accept, int, -1, (int fd, struct sockaddr *from, socklen_t *length),
      (fd, from, length))
PLAIN(accept4, accept, int, -1, (int fd, struct sockaddr *from, socklen_t *length, int flags),
      (fd, from, length, flags))
PLAIN(connect, connect, int, -1, (int fd, const struct sockaddr *to, socklen_t length),
      (fd, to, length))
PLAIN(socket, socket, int, -1, (int domain, int type, int protocol), (domain, type, protocol))
PLAIN(socketpair, socket, int, -1, (int domain, int type, int protocol, int out[2]),
      (domain, type, protocol, out))
PLAIN(setsockopt, setsockopt, int, -1,
      (int fd, int level, int name, const void *value, socklen_t length),
      (fd, level, name, value, length))
PLAIN(epoll_create1, epoll_create1, int, -1, (int flags), (flags))
PLAIN(epoll_wait, epoll_wait, int, -1, (int fd, struct epoll_event *out, int limit, int timeout_ms),
      (fd, out, limit, timeout_ms))
PLAIN(epoll_ctl, epoll_ctl, int, -1, (int epoll, int operation, int fd, struct epoll_event *event),
      (epoll, operation, fd, event))
PLAIN(poll, poll, int, -1, (struct pollfd * fds, nfds_t count, int timeout_ms),
      (fds, count, timeout_ms))
PLAIN(eventfd, eventfd, int, -1, (unsigned value, int flags), (value, flags))
PLAIN(signalfd, signalfd, int, -1, (int fd, const void *mask, int flags), (fd, mask, flags))
PLAIN(stat, stat, int, -1, (const char *path, struct stat *out), (path, out))
PLAIN(stat64, stat, int, -1, (const char *path, struct stat64 *out), (path, out))
PLAIN(lstat64, stat, int, -1, (const char *path, struct stat64 *out), (path, out))
PLAIN(fstat, fstat, int, -1, (int fd, struct stat *out), (fd, out))
PLAIN(fstat64, fstat, int, -1, (int fd, struct stat64 *out), (fd, out))
REAL(flock, int, int, int)
int flock(int fd, int operation)
{
    int error = operation != LOCK_UN ? fault(CALL_flock) : 0;

    FAIL_WITH(error, -1);
    return real_flock()(fd, operation);
}
PLAIN(fsync, fsync, int, -1, (int fd), (fd))
PLAIN(fdatasync, fsync, int, -1, (int fd), (fd))
PLAIN(ftruncate, ftruncate, int, -1, (int fd, off_t length), (fd, length))
PLAIN(ftruncate64, ftruncate, int, -1, (int fd, off_t length), (fd, length))
PLAIN(rename, rename, int, -1, (const char *from, const char *to), (from, to))
PLAIN(mmap, mmap, void *, MAP_FAILED,
      (void *at, size_t length, int protection, int flags, int fd, off_t offset),
      (at, length, protection, flags, fd, offset))
PLAIN(mmap64, mmap, void *, MAP_FAILED,
      (void *at, size_t length, int protection, int flags, int fd, off_t offset),
      (at, length, protection, flags, fd, offset))
PLAIN(getrandom, getrandom, ssize_t, -1, (void *out, size_t length, unsigned flags),
      (out, length, flags))

/* These two say it by their result. */
REAL(posix_fallocate, int, int, off_t, off_t)
int posix_fallocate(int fd, off_t offset, off_t length)
{
    int error = fault(CALL_fallocate);

    return error ? error : real_posix_fallocate()(fd, offset, length);
}

REAL(pthread_create, int, pthread_t *, const pthread_attr_t *, void *(*)(void *), void *)
int pthread_create(pthread_t *out, const pthread_attr_t *attributes, void *(*run)(void *),
                   void *user)
{
    int error = fault(CALL_pthread_create);

    return error ? error : real_pthread_create()(out, attributes, run, user);
}

/* Those with a last argument that may be missing: it is a word, and passed on as one. */
#define OPENS(name)                                                                                \
    REAL(name, int, const char *, int, ...)                                                        \
    int name(const char *path, int flags, ...)                                                     \
    {                                                                                              \
        va_list rest;                                                                              \
        mode_t mode;                                                                               \
        int error = fault(CALL_open);                                                              \
        va_start(rest, flags);                                                                     \
        mode = va_arg(rest, mode_t);                                                               \
        va_end(rest);                                                                              \
        FAIL_WITH(error, -1);                                                                      \
        return real_##name()(path, flags, mode);                                                   \
    }
OPENS(open)
OPENS(open64)

/* The rest of what fcntl does cannot fail, giving a lock back among it. */
static bool takes_lock(int command, const void *value)
{
    return (command == F_SETLK || command == F_OFD_SETLK) &&
           ((const struct flock *)value)->l_type != F_UNLCK;
}

#define CONTROLS(name)                                                                             \
    REAL(name, int, int, int, ...)                                                                 \
    int name(int fd, int command, ...)                                                             \
    {                                                                                              \
        va_list rest;                                                                              \
        void *value;                                                                               \
        int error;                                                                                 \
        va_start(rest, command);                                                                   \
        value = va_arg(rest, void *);                                                              \
        va_end(rest);                                                                              \
        error = takes_lock(command, value) ? fault(CALL_fcntl) : 0;                                \
        FAIL_WITH(error, -1);                                                                      \
        return real_##name()(fd, command, value);                                                  \
    }
CONTROLS(fcntl)
CONTROLS(fcntl64)

REAL(syscall, long, long, ...)
long syscall(long number, ...)
{
    va_list rest;
    long words[6];
    int error = number == SYS_pidfd_open ? fault(CALL_pidfd_open) : 0;

    va_start(rest, number);
    for (int i = 0; i < 6; i++)
        words[i] = va_arg(rest, long);
    va_end(rest);
    FAIL_WITH(error, -1);
    return real_syscall()(number, words[0], words[1], words[2], words[3], words[4], words[5]);
}

/* --- start -------------------------------------------------------------------------------------
 */

static void child_forget(void)
{
    control = NULL; /* until it executes another program it is no longer the one that was meant */
}

__attribute__((constructor)) static void start(void)
{
    const char *path = getenv("FAULT_FILE");
    const char *program = getenv("FAULT_PROGRAM");
    void *frames[2];
    struct control *shared;
    int fd;

    /* Now: what a look-up gives back of an earlier one's error could not be given back later. */
    (void)real_free();
    if (!path || !program || strcmp(program, program_invocation_short_name) != 0)
        return;
    is_inside = true;
    (void)backtrace(frames, 2); /* its first call allocates */
    fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return;
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (shared == MAP_FAILED)
        return;
    memcpy(shared->facts, FACTS, sizeof FACTS);
    pthread_atfork(NULL, NULL, child_forget);
    is_inside = false;
    control = shared;
}
