/*
 * A FastCGI program that keeps its answers in SQLite; the first argument is the file. By
 * QUERY_STRING: "select" (a prepared statement to its end), "insert" (in a transaction), "exec"
 * (sqlite3_exec with values in the text), "early" (reset after one row), "constraint" (fails),
 * "interleaved" (two statements at once).
 */
#include <fcgiapp.h>
#include <sqlite3.h>
#include <string.h>

static sqlite3 *db;
static sqlite3_stmt *select_notes;
static sqlite3_stmt *insert_note;

static int count_row(void *user, int count, char **values, char **names)
{
    (void)count;
    (void)values;
    (void)names;
    ++*(int *)user;
    return 0;
}

/* Steps until there is no row or the limit is reached; gives the number of rows. */
static int run(sqlite3_stmt *statement, int limit)
{
    int rows = 0;

    while (rows < limit && sqlite3_step(statement) == SQLITE_ROW)
        rows++;
    sqlite3_reset(statement);
    return rows;
}

static int interleaved(void)
{
    sqlite3_stmt *other = NULL;
    int rows = 0;

    sqlite3_prepare_v2(db, "SELECT text FROM note WHERE id = 1", -1, &other, NULL);
    sqlite3_step(select_notes);
    rows += run(other, 100);
    rows += run(select_notes, 100);
    sqlite3_finalize(other);
    return rows;
}

static int work(const char *query)
{
    int rows = 0;

    if (strcmp(query, "select") == 0) {
        rows = run(select_notes, 100);
    } else if (strcmp(query, "insert") == 0) {
        sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
        sqlite3_bind_text(insert_note, 1, "a secret", -1, SQLITE_STATIC);
        run(insert_note, 1);
        sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
    } else if (strcmp(query, "exec") == 0) {
        sqlite3_exec(db, "SELECT text FROM note WHERE text <> 'a secret' AND id < 3", count_row,
                     &rows, NULL);
    } else if (strcmp(query, "early") == 0) {
        rows = run(select_notes, 1);
    } else if (strcmp(query, "constraint") == 0) {
        sqlite3_exec(db, "INSERT INTO note (id, text) VALUES (1, 'twice')", NULL, NULL, NULL);
    } else if (strcmp(query, "interleaved") == 0) {
        rows = interleaved();
    }
    return rows;
}

int main(int argc, char **argv)
{
    FCGX_Request request;

    if (argc < 2 || sqlite3_open(argv[1], &db) != SQLITE_OK || FCGX_Init() != 0 ||
        FCGX_InitRequest(&request, 0, 0) != 0)
        return 1;
    sqlite3_exec(db,
                 "CREATE TABLE IF NOT EXISTS note (id INTEGER PRIMARY KEY, text TEXT);"
                 "DELETE FROM note; INSERT INTO note (text) VALUES ('one'), ('two'), ('three')",
                 NULL, NULL, NULL);
    if (sqlite3_prepare_v2(db, "SELECT id, text FROM note WHERE id <= ?1 ORDER BY id", -1,
                           &select_notes, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(db, "INSERT INTO note (text) VALUES (?1)", -1, &insert_note, NULL) !=
            SQLITE_OK)
        return 1;
    sqlite3_bind_int(select_notes, 1, 3);
    while (FCGX_Accept_r(&request) == 0) {
        const char *query = FCGX_GetParam("QUERY_STRING", request.envp);

        FCGX_FPrintF(request.out, "Content-Type: text/plain\r\n\r\n%d\n", work(query ? query : ""));
        FCGX_Finish_r(&request);
    }
    sqlite3_finalize(select_notes);
    sqlite3_finalize(insert_note);
    sqlite3_close(db);
    return 0;
}
