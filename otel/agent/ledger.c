#include "agent/ledger.h"

#include "agent/pool/process.h"
#include "agent/report.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define LEDGER_MAGIC UINT64_C(0x3372656764656c62) /* "bledger3" */

struct ledger_head {
    uint64_t magic;
    uint64_t bytes;      /* of the whole file: another build's is not ours */
    uint64_t created_ns; /* of the segment that it belongs to */
    struct ledger_program program;
};

struct ledger_file {
    struct ledger_head head;
    struct books books;
    struct journal journal;
};

static bool is_of(const struct ledger_head *head, const struct segment *segment)
{
    return head->magic == LEDGER_MAGIC && head->bytes == sizeof(struct ledger_file) &&
           head->created_ns == segment->header.created_ns;
}

/* Nobody else can have written it: under root's launcher the pool is another user. */
static bool is_ours_alone(int fd)
{
    struct stat facts;

    return fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode) && facts.st_uid == geteuid() &&
           (facts.st_mode & (S_IRWXG | S_IRWXO)) == 0 && facts.st_nlink == 1;
}

/* -1 with errno. NONBLOCK: what lies there may be a pipe. */
static int file_open(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);

    if (fd < 0 || is_ours_alone(fd))
        return fd;
    (void)close(fd);
    errno = EPERM;
    return -1;
}

static int file_open_or_make(const char *path)
{
    int fd = file_open(path, O_RDWR | O_CREAT);

    if (fd >= 0)
        return fd;
    (void)unlink(path); /* a link, or not ours alone; what cannot be removed is told below */
    return file_open(path, O_RDWR | O_CREAT | O_EXCL);
}

static bool path_of(char out[4096], const char *segment_path)
{
    int length = snprintf(out, 4096, "%s.books", segment_path);

    return length > 0 && length < 4096;
}

struct ledger_program ledger_program_read(const char *segment_path, const struct segment *segment)
{
    struct ledger_head head;
    struct ledger_program program = { 0 };
    char path[4096];
    int fd = path_of(path, segment_path) ? file_open(path, O_RDONLY) : -1;

    if (fd < 0)
        return program;
    if (pread(fd, &head, sizeof head, 0) == (ssize_t)sizeof head && is_of(&head, segment))
        program = head.program;
    (void)close(fd);
    return program;
}

void ledger_name_program(struct ledger *ledger, int32_t pid)
{
    ledger->file->head.program =
        (struct ledger_program){ .pid = pid, .start_ticks = process_start_ticks(pid) };
}

/* Its pages, taken now: a full file system must not end in SIGBUS later. */
static struct ledger_file *file_map(const char *path)
{
    int fd = file_open_or_make(path);
    int problem = fd < 0 ? errno : posix_fallocate(fd, 0, sizeof(struct ledger_file));
    void *memory = MAP_FAILED;

    if (problem == 0) {
        memory = mmap(NULL, sizeof(struct ledger_file), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        problem = errno;
    }
    if (fd >= 0)
        (void)close(fd);
    if (memory != MAP_FAILED)
        return memory;
    report_warn(
        "%s cannot be kept (%s): should this launcher be killed, its books go with it, what "
        "it has in memory, and the next one starts the pool anew",
        path, strerror(problem));
    return NULL;
}

bool ledger_open(struct ledger *ledger, const char *segment_path, const struct segment *segment,
                 bool is_continued)
{
    ledger->file = path_of(ledger->path, segment_path) ? file_map(ledger->path) : NULL;
    ledger->is_mapped = ledger->file != NULL;
    if (!ledger->is_mapped)
        ledger->file = mem_zalloc(1, sizeof *ledger->file);
    if (ledger->file == NULL)
        return false;
    ledger->books = &ledger->file->books;
    ledger->journal = ledger->is_mapped ? &ledger->file->journal : NULL;
    if (is_continued && is_of(&ledger->file->head, segment)) {
        books_continue(ledger->books, segment);
    } else {
        ledger->file->head.program = (struct ledger_program){ 0 };
        books_start(ledger->books, segment);
        journal_clear(&ledger->file->journal);
    }
    ledger_belong(ledger, segment);
    return true;
}

uint64_t ledger_replay(struct ledger *ledger, struct segment *segment, struct pipeline *pipeline)
{
    static const journal_take_fn TAKES[BOOKS_KIND_COUNT] = {
        [BOOKS_SPANS] = pipeline_span, [BOOKS_LOGS] = pipeline_log
    };
    uint64_t total = 0;

    if (!ledger->journal)
        return 0;
    journal_finish(ledger->journal, segment);
    for (int kind = 0; kind < BOOKS_KIND_COUNT; kind++) {
        uint64_t count =
            journal_replay(ledger->journal, (enum books_kind)kind, TAKES[kind], pipeline);

        books_take_back(ledger->books, (enum books_kind)kind, count);
        total += count;
    }
    return total;
}

void ledger_note(struct ledger *ledger, const struct pipeline *pipeline)
{
    books_note(ledger->books, pipeline);
    for (int kind = 0; ledger->journal && kind < BOOKS_KIND_COUNT; kind++) {
        struct pipeline_books sent;

        pipeline_books(pipeline, kind == BOOKS_SPANS ? SIGNAL_TRACES : SIGNAL_LOGS, &sent);
        journal_note(ledger->journal, (enum books_kind)kind, sent.queued);
    }
}

void ledger_belong(struct ledger *ledger, const struct segment *segment)
{
    ledger->file->head.created_ns = segment->header.created_ns;
    ledger->file->head.bytes = sizeof *ledger->file;
    ledger->file->head.magic = LEDGER_MAGIC;
}

void ledger_close(struct ledger *ledger, bool removes_file)
{
    if (ledger->is_mapped) {
        (void)munmap(ledger->file, sizeof *ledger->file);
        if (removes_file)
            (void)unlink(ledger->path);
    } else {
        mem_free(ledger->file);
    }
    ledger->file = NULL;
    ledger->books = NULL;
    ledger->journal = NULL;
}
