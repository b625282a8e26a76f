/* The schema as text: see sql/embed.sh. */
#include "store/schema.h"

#include "store/status.h"

static const char *const SCHEMA_FILES[] = {
#include "schema.inc"
};

enum { SCHEMA_FILE_COUNT = sizeof SCHEMA_FILES / sizeof SCHEMA_FILES[0] };

enum store_status store__schema_apply(struct store__connection *connection)
{
    int code = SQLITE_OK;

    for (int i = 0; code == SQLITE_OK && i < SCHEMA_FILE_COUNT; i++)
        code = sqlite3_exec(connection->db, SCHEMA_FILES[i], NULL, NULL, NULL);
    return store__status(code);
}
