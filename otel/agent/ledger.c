#include "agent/ledger.h"

#include "agent/report.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define LEDGER_MAGIC UINT64_C(0x3272656764656c62) /* "bledger2" */

struct ledger_file {
    uint64_t magic;
    uint64_t bytes;      /* of this structure: another build's is not ours */
    uint64_t created_ns; /* of the segment that it belongs to */
    struct books books;
    struct journal journal;
};

static bool is_of(const struct ledger_file *file, const struct segment *segment)
{
    return file->magic == LEDGER_MAGIC && file->bytes == sizeof *file &&
           file->created_ns == segment->header.created_ns;
}

/* Its pages, taken now: a full file system must not end in SIGBUS later. */
static struct ledger_file *file_map(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
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
    report_warn("%s cannot be kept (%s): should this launcher be killed, its books go with it, and "
                "what it has in memory",
                path, strerror(problem));
    return NULL;
}

bool ledger_open(struct ledger *ledger, const char *segment_path, const struct segment *segment,
                 bool is_continued)
{
    int length = snprintf(ledger->path, sizeof ledger->path, "%s.books", segment_path);

    ledger->file =
        length > 0 && (size_t)length < sizeof ledger->path ? file_map(ledger->path) : NULL;
    ledger->is_mapped = ledger->file != NULL;
    if (!ledger->is_mapped)
        ledger->file = mem_zalloc(1, sizeof *ledger->file);
    if (ledger->file == NULL)
        return false;
    ledger->books = &ledger->file->books;
    ledger->journal = ledger->is_mapped ? &ledger->file->journal : NULL;
    if (is_continued && is_of(ledger->file, segment)) {
        books_continue(ledger->books, segment);
    } else {
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
    ledger->file->created_ns = segment->header.created_ns;
    ledger->file->bytes = sizeof *ledger->file;
    ledger->file->magic = LEDGER_MAGIC;
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
