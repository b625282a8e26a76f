/* SQL as telemetry shows it: fits its room whatever it is. */
#include "fuzz.h"
#include "hooks/sql_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = { data, size };
    size_t room = 1 + fuzz_number(&input, 1);
    char *sql = fuzz_bytes(input.at, input.left);
    char *out = malloc(room);
    struct sql_summary summary;
    size_t length;

    if (out == NULL)
        abort();
    sql_summarise(sql, input.left, &summary);
    FUZZ_PROMISE(summary.length < SQL_SUMMARY_BYTES && summary.text[summary.length] == '\0');
    length = sql_sanitise(sql, input.left, out, room);
    FUZZ_PROMISE(length < room && out[length] == '\0');
    free(out);
    free(sql);
    return 0;
}
