/*
 * The board's data in domain words. No SQLite type appears here, and nothing outside store/ may
 * know SQLite: another engine can take the file's place behind this header.
 *
 * A process opens one store. Each handler thread opens a reader of its own; one thread, the
 * committer, opens the writer.
 */
#ifndef BOARD_STORE_H
#define BOARD_STORE_H

#include "otel/context.h"

#include <stdbool.h>
#include <stdint.h>

enum store_status {
    STORE_OK = 0,
    STORE_ERR_BUSY = -1,        /* another has it for longer than the limit; try again */
    STORE_ERR_UNAVAILABLE = -2, /* missing, not readable, not a database; try again later */
    STORE_ERR_FULL = -3,        /* no space */
    STORE_ERR_IO = -4,
    STORE_ERR_CORRUPT = -5,
    STORE_ERR_READ_ONLY = -6,
    STORE_ERR_NOMEM = -7, /* or no descriptor */
    STORE_ERR_OTHER = -8,
};

/* "busy", "full", …: one lower-case word for messages and error.type. Never NULL. */
const char *store_status_text(enum store_status status);

/* What is wrong with the store, as somebody who can put it right must know it. */
enum store_fault {
    STORE_FAULT_NONE = 0,
    STORE_FAULT_MISSING,
    STORE_FAULT_NOT_READABLE,
    STORE_FAULT_NOT_A_DATABASE, /* or not one of ours */
    STORE_FAULT_LOCKED,
    STORE_FAULT_FULL,
    STORE_FAULT_READ_ONLY,
    STORE_FAULT_CORRUPT,
    STORE_FAULT_IO,
    STORE_FAULT_NO_MEMORY,
    STORE_FAULT_OTHER,
};

/* What a status of the store at `path` means: looks at the file, without opening it. */
enum store_fault store_fault_find(const char *path, enum store_status status);

/* Text as it lies in the store: valid until the callback returns; data NULL is SQL NULL. */
struct store_text {
    const char *data;
    size_t length;
};

struct store_post {
    int64_t seq;
    struct store_text title;
    struct store_text content;
    struct store_text create_date; /* YYYY-MM-DD HH:MM:SS.ffffff, local time */
    struct store_text update_date;
};

struct store_call {
    int64_t seq;
    struct store_text user_ip;
    struct store_text user_id;
    struct store_text start_time;
    struct store_text end_time;
    struct store_text call_url;
    struct store_text call_url_parameter;
};

/* Returns false to stop early. */
typedef bool (*store_post_fn)(void *user, const struct store_post *post);
typedef bool (*store_call_fn)(void *user, const struct store_call *call);

struct store_reader;

/*
 * A read-only view of the file at `path`, opened at the first use and again by itself when the
 * file was away. Never checkpoints. NULL when there is no memory.
 * Threads: one reader, one thread.
 */
struct store_reader *store_reader_create(const char *path);
void store_reader_destroy(struct store_reader *reader);

/*
 * Hands out the first `limit` posts by seq (limit < 0: all). The statement is reset before this
 * returns, so no snapshot outlives it. *count: how many were handed out, also on error.
 */
enum store_status store_posts_each(struct store_reader *reader, int64_t limit, store_post_fn each,
                                   void *user, int64_t *count);

/* The highest seq of the posts, which are never deleted; 0 when there are none. */
enum store_status store_posts_last(struct store_reader *reader, int64_t *last_seq);

/* The highest seq of the call log, 0 when it is empty. */
enum store_status store_calls_last(struct store_reader *reader, int64_t *last_seq);

/*
 * Hands out at most `limit` calls with after_seq < seq <= up_to_seq, by seq. *reached: the seq of
 * the last one handed out (after_seq when there was none); *count: how many.
 */
enum store_status store_calls_each(struct store_reader *reader, int64_t after_seq,
                                   int64_t up_to_seq, int64_t limit, store_call_fn each, void *user,
                                   int64_t *reached, int64_t *count);

/* What the status page shows: without ever opening the file a second time. */
struct store_facts {
    int64_t file_bytes; /* -1: no such file */
    int64_t wal_bytes;
    const char *engine_version; /* "3.40.1" */
    const char *engine_note; /* which known defect of it concerns the board, and what keeps clear */
};
void store_facts_read(const char *path, struct store_facts *out);

struct store_writer;

/*
 * The one writing connection of this process: WAL, synchronous=FULL, every transaction and
 * checkpoint under the advisory lock `<path>.lock`. Opened at the first use, and again by itself.
 */
struct store_writer *store_writer_create(const char *path);
void store_writer_destroy(struct store_writer *writer);

/* A row to be; the texts are borrowed for the call. */
struct store_new_call {
    struct otel_context context; /* of the request that asked: current around its INSERT */
    struct store_text user_ip;
    struct store_text call_url;
    int64_t parameter;
    int64_t start_us; /* wall clock, since the epoch */
    int64_t end_us;
};

/*
 * Waits until it is this writer's turn, for at most 2 s: then STORE_ERR_BUSY. The turn ends with
 * the next store_calls_append. Who waits for it and only then looks which rows there are commits
 * those, too, that came meanwhile.
 */
enum store_status store_writer_wait(struct store_writer *writer);

/*
 * Commits all rows in one transaction, durably, or none. user_id is made here, by getrandom.
 * Waits for its turn where nobody did.
 */
enum store_status store_calls_append(struct store_writer *writer, const struct store_new_call *rows,
                                     size_t count);

#define STORE_USER_ID_LENGTH 30

/* Local time as the tables keep it, with a NUL. */
#define STORE_DATE_SIZE 27
void store_date_format(int64_t time_us, char out[STORE_DATE_SIZE]);

#endif
