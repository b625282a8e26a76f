/*
 * One transaction makes an interrupted fill leave nothing, so that the next start begins again.
 * The letters need to look random, not to be: a small generator, started by the kernel, makes
 * them; fetching 320 MB from the kernel would take longer than writing them.
 */
#include "store/seed.h"

#include "store/connection.h"
#include "store/lock.h"
#include "store/schema.h"
#include "store/status.h"

#include <string.h>
#include <sys/random.h>
#include <time.h>

enum {
    SEED_WAIT_MS = 10000,
    TITLE_LENGTH = 20,
    CONTENT_LENGTH = 300,
    PROGRESS_ROWS = 10000,
};

struct seed {
    struct store__connection connection;
    struct store__lock lock;
    uint64_t random;
    store_seed_fn progress;
    void *user;
};

/* splitmix64: every start value is a good one. */
static uint64_t random_next(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static void letters_fill(uint64_t *state, char *out, size_t length)
{
    static const char LETTERS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    uint64_t bits = 0;

    for (size_t i = 0; i < length; i++) {
        if (i % 4 == 0)
            bits = random_next(state);
        /* 16 bits scaled to 62: the unevenness is one in a thousand. */
        out[i] = LETTERS[((bits & 0xffff) * (sizeof LETTERS - 1)) >> 16];
        bits >>= 16;
    }
}

static enum store_status post_insert(struct seed *seed, sqlite3_stmt *statement)
{
    char title[TITLE_LENGTH];
    char content[CONTENT_LENGTH];
    char date[STORE_DATE_SIZE];
    struct timespec now = { 0, 0 };
    int code;

    letters_fill(&seed->random, title, sizeof title);
    letters_fill(&seed->random, content, sizeof content);
    (void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail for this clock */
    store_date_format((int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000, date);
    code = sqlite3_bind_text(statement, 1, title, sizeof title, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(statement, 2, content, sizeof content, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(statement, 3, date, sizeof date - 1, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    (void)sqlite3_reset(statement); /* repeats the result of the step */
    return store__status(code);
}

static enum store_status posts_insert(struct seed *seed, int64_t rows)
{
    sqlite3_stmt *statement = NULL;
    enum store_status status =
        store__connection_statement(&seed->connection, STORE__POST_INSERT, &statement);

    for (int64_t done = 1; status == STORE_OK && done <= rows; done++) {
        status = post_insert(seed, statement);
        if (seed->progress && done % PROGRESS_ROWS == 0)
            seed->progress(seed->user, done);
    }
    return status;
}

static enum store_status posts_exist(struct seed *seed, bool *out)
{
    sqlite3_stmt *statement = NULL;
    enum store_status status =
        store__connection_statement(&seed->connection, STORE__POSTS_EXIST, &statement);
    int code;

    if (status != STORE_OK)
        return status;
    code = sqlite3_step(statement);
    *out = code == SQLITE_ROW && sqlite3_column_int(statement, 0) != 0;
    (void)sqlite3_reset(statement); /* repeats the result of the step */
    return store__status(code);
}

static enum store_status seed_run(struct seed *seed, int64_t rows, int64_t *made)
{
    struct store__connection *connection = &seed->connection;
    bool has_posts = false;
    enum store_status status = store__connection_run(connection, STORE__BEGIN);

    if (status == STORE_OK)
        status = store__schema_apply(connection);
    if (status == STORE_OK)
        status = posts_exist(seed, &has_posts);
    if (status == STORE_OK && !has_posts)
        status = posts_insert(seed, rows);
    if (status == STORE_OK)
        status = store__connection_run(connection, STORE__COMMIT);
    if (status != STORE_OK)
        return status; /* closing the connection takes all of it back */
    *made = has_posts ? 0 : rows;
    /* A long fill leaves a long log. A reader may keep it long; then the writer will see to it. */
    connection->deadline = store__deadline_in(SEED_WAIT_MS);
    (void)sqlite3_wal_checkpoint_v2(connection->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    return STORE_OK;
}

enum store_status store_seed(const char *path, int64_t rows, store_seed_fn progress, void *user,
                             int64_t *made)
{
    struct store__deadline deadline = store__deadline_in(SEED_WAIT_MS);
    struct seed seed = { .connection = { .path = path, .access = STORE__CREATE },
                         .lock = { .path = path },
                         .progress = progress,
                         .user = user };
    enum store_status status = store__lock_take(&seed.lock, &deadline);

    *made = 0;
    if (status != STORE_OK)
        goto done;
    /* Without random bytes any start will do. */
    if (getrandom(&seed.random, sizeof seed.random, 0) < 0)
        seed.random = (uint64_t)deadline.at_ns;
    status = store__connection_use(&seed.connection, deadline);
    if (status == STORE_OK)
        status = seed_run(&seed, rows, made);
done:
    store__connection_close(&seed.connection);
    store__lock_close(&seed.lock);
    return status;
}

enum store_status store_check(const char *path)
{
    struct store__connection connection = { .path = path, .access = STORE__READ };
    sqlite3_stmt *statement = NULL;
    enum store_status status = store__connection_use(&connection, store__deadline_in(SEED_WAIT_MS));
    int code;

    if (status == STORE_OK)
        status = store__connection_statement(&connection, STORE__CHECK, &statement);
    if (status != STORE_OK)
        goto done;
    code = sqlite3_step(statement);
    status = store__status(code);
    if (code == SQLITE_ROW && strcmp((const char *)sqlite3_column_text(statement, 0), "ok") != 0)
        status = STORE_ERR_CORRUPT;
done:
    store__connection_close(&connection);
    return status;
}
