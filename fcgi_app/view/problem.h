/* An error as application/problem+json (RFC 9457), or as a small HTML page for a browser. */
#ifndef BOARD_VIEW_PROBLEM_H
#define BOARD_VIEW_PROBLEM_H

#include "base/buf.h"

struct problem {
    int status;
    const char *title;    /* "Not Found" */
    const char *detail;   /* one sentence a person can act on; escaped here */
    const char *trace_id; /* 32 hex digits; "" when there is none */
};

void problem_json_write(struct buf *out, const struct problem *problem);
void problem_html_write(struct buf *out, const struct problem *problem);

/* Text that is safe inside HTML and inside a double-quoted attribute. */
void html_escape(struct buf *out, const char *text, size_t length);

#endif
