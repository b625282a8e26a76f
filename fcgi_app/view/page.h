/*
 * The page at /: HTML made here, complete without script, one file per card. Style and script lie
 * in nginx/html/ and are served by nginx; the script fills the same elements (by their classes)
 * from /status.json, and copies the <template> rows that stand beside each list.
 *
 * Everything that comes from outside goes through page_text.
 */
#ifndef BOARD_VIEW_PAGE_H
#define BOARD_VIEW_PAGE_H

#include "base/buf.h"
#include "status/status.h"

struct page_database {
    const char *file;   /* its name; NULL: the card is left out */
    int64_t file_bytes; /* -1: no such file */
    int64_t wal_bytes;
    int64_t posts; /* -1: not known */
    int64_t log_rows;
    const char *engine_version;
};

enum { PAGE_LINK_COUNT = 2, PAGE_LINK_BYTES = 512 };

/* Where else the chosen trace is; only those that answered for its id. */
struct page_link {
    const char *name;
    char url[PAGE_LINK_BYTES];
};

struct page {
    const struct status *status;
    struct page_database database;
    struct page_link links[PAGE_LINK_COUNT];
    size_t link_count;
    const char *trace_id; /* asked for; "" where none is, "?" where it can be none */
    const char *token;    /* what the page's own links carry; "": none */
    bool has_details;     /* else Welcome and the sentence of state */
};

void page_write(struct buf *out, const struct page *page);

/* --- cards, in the page's order --------------------------------------------------------------- */

void page_title(struct buf *out, const struct page *page);
void page_head(struct buf *out, const struct page *page);
void page_routes(struct buf *out, const struct page *page);
void page_pools(struct buf *out, const struct page *page);
void page_requests(struct buf *out, const struct page *page);
void page_chosen(struct buf *out, const struct page *page);
void page_books(struct buf *out, const struct page *page);
void page_database(struct buf *out, const struct page *page);
void page_launcher(struct buf *out, const struct page *page);

/* --- what the cards share --------------------------------------------------------------------- */

/* Safe inside HTML and inside a double-quoted attribute. */
void page_text(struct buf *out, const char *text);

/* "22:47:31.204", UTC; the script shows the reader's own time. */
void page_time(struct buf *out, uint64_t wall_ns);

/* A <time> whose text, UTC, the script turns into local time. */
void page_time_element(struct buf *out, uint64_t wall_ns);

/* "/?trace=…" of a request, with the token where there is one; escaped. */
void page_trace_address(struct buf *out, const struct page *page, const char *trace_id);

/* A definition list's pair. */
void page_pair_begin(struct buf *out, const char *term, const char *class_name);
void page_pair_end(struct buf *out);

#endif
