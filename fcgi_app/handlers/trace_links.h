/*
 * Where else a trace can be seen: Jaeger and Loki are asked for its id, and only who answers that
 * it knows it becomes a link. Asked when a person chooses a request, by its thread of the status
 * pool, at most 300 ms long; what was answered is remembered for 5 s.
 */
#ifndef BOARD_HANDLERS_TRACE_LINKS_H
#define BOARD_HANDLERS_TRACE_LINKS_H

#include "view/page.h"

/* Fills links and link_count by page->trace_id and the back ends of page->status. */
void trace_links_find(struct page *page);

#endif
