/* The database: file, rows, write-ahead log, engine, and what keeps its rows safe. */
#include "status/words.h"
#include "view/page.h"

static void bytes_pair(struct buf *out, const char *term, const char *class_name, int64_t bytes)
{
    page_pair_begin(out, term, class_name);
    words_bytes(bytes, out);
    page_pair_end(out);
}

static void count_pair(struct buf *out, const char *term, const char *class_name, int64_t count)
{
    page_pair_begin(out, term, class_name);
    if (count >= 0)
        words_count((uint64_t)count, out);
    else
        buf_add_text(out, "\u2013");
    page_pair_end(out);
}

void page_database(struct buf *out, const struct page *page)
{
    const struct page_database *database = &page->database;

    if (database->file == NULL)
        return;
    buf_add_text(out, "<section class=\"card database\" aria-labelledby=\"h-database\">"
                      "<h2 id=\"h-database\">Database</h2>\n<dl>\n");
    page_pair_begin(out, "file", "d-file");
    page_text(out, database->file);
    page_pair_end(out);
    bytes_pair(out, "size", "d-size", database->file_bytes);
    count_pair(out, "posts", "d-posts", database->posts);
    count_pair(out, "log rows", "d-rows", database->log_rows);
    bytes_pair(out, "write-ahead log", "d-wal", database->wal_bytes);
    page_pair_begin(out, "engine", "d-engine");
    buf_add_text(out, "SQLite ");
    page_text(out, database->engine_version);
    page_pair_end(out);
    page_pair_begin(out, "safeguard", "d-safeguard");
    buf_add_text(out, "one writer under a lock, synchronous FULL");
    page_pair_end(out);
    buf_add_text(out, "</dl></section>\n");
}
