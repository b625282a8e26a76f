/*
 * The file of the spool: one SQLite database, one row a chunk. It knows neither bounds nor policy,
 * and what is wrong with the file it tells by a name.
 *
 * Written ahead (WAL) and synced at checkpoints only (synchronous=NORMAL): a killed process loses
 * nothing that was put, a power cut at most the rows since the last checkpoint (1 MB), and never
 * the file. Locked for one process from open to close; nobody is waited for.
 */
#ifndef OTEL_AGENT_SPOOL_FILE_H
#define OTEL_AGENT_SPOOL_FILE_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

enum spool_fault {
    SPOOL_FINE = 0,
    SPOOL_LOCKED,  /* another process has it */
    SPOOL_FULL,    /* no room on its disk */
    SPOOL_DENIED,  /* cannot be made, read or written */
    SPOOL_CORRUPT, /* is no spool of this version, or damaged */
    SPOOL_BROKEN,  /* an error of the disk; also no memory */
};

struct spool_row {
    int64_t id; /* grows: the order in which rows were put */
    int64_t lane;
    int64_t time_ms; /* wall clock */
    uint32_t count;  /* of records */
    bool is_doubtful;
    uint64_t length; /* of the data */
};

struct spool_sum { /* of one lane, or of all */
    uint64_t records;
    uint64_t rows;
    uint64_t bytes; /* of data */
};

struct spool_file;

/* Makes the file (0600) where there is none. `problem`: what the system said, for DENIED. */
enum spool_fault spool_file_open(const char *path, struct spool_file **out, const char **problem);
void spool_file_close(struct spool_file *file);

/* With row->id as it is, or, where that is 0, the next, which is set. */
enum spool_fault spool_file_put(struct spool_file *file, struct spool_row *row, const void *data);

/*
 * The first row of a lane behind `after_id`, its data in `data` (cleared before), a row that is
 * longer than data->limit without any. *is_found: there is one.
 */
enum spool_fault spool_file_next(struct spool_file *file, int64_t lane, int64_t after_id,
                                 struct spool_row *out, struct buf *data, bool *is_found);

/* The same of all lanes. */
enum spool_fault spool_file_read(struct spool_file *file, int64_t after_id, struct spool_row *out,
                                 struct buf *data, bool *is_found);

/* The first row of all behind `after_id`, without its data. */
enum spool_fault spool_file_oldest(struct spool_file *file, int64_t after_id, struct spool_row *out,
                                   bool *is_found);

/* Marks a row whose receiver may have it without our knowing, or takes the mark away. */
enum spool_fault spool_file_doubt(struct spool_file *file, int64_t id, bool is_doubtful);

/* A row, or all rows of a lane up to `id`; nothing where there is none. */
enum spool_fault spool_file_delete(struct spool_file *file, int64_t id);
enum spool_fault spool_file_delete_up_to(struct spool_file *file, int64_t lane, int64_t id);

/* lane < 0: of all. Takes time by the number of rows, not by their bytes. */
enum spool_fault spool_file_sum(struct spool_file *file, int64_t lane, struct spool_sum *out);

#endif
