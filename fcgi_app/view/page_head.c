/* Title, back ends, and the sentence of state with its remedy. */
#include "status/words.h"
#include "view/page.h"
#include "view/problem.h"

enum { TEXT_BYTES = 1024 };

static const char *const LEVELS[] = { "good", "warning", "bad" };

typedef void (*status_text_fn)(const struct status *status, struct buf *out);

static void made_add(struct buf *out, const struct status *status, status_text_fn write)
{
    char room[TEXT_BYTES];
    struct buf text = { .data = room, .capacity = sizeof room, .limit = sizeof room };

    write(status, &text);
    html_escape(out, text.data, text.length);
}

static uint64_t began_ns(const struct status *status)
{
    uint64_t began = 0;

    for (size_t i = 0; i < status->pool_count; i++) {
        uint64_t created_ns = status->pools[i].created_ns;
        if (created_ns != 0 && (began == 0 || created_ns < began))
            began = created_ns;
    }
    return began;
}

static void up_add(struct buf *out, const struct status *status)
{
    uint64_t began = began_ns(status);

    buf_add_text(out, "<p class=\"up\">");
    if (began != 0 && status->now_ns > began) {
        buf_add_text(out, "up ");
        words_age(status->now_ns - began, out);
    }
    buf_add_text(out, "</p>\n");
}

static void back_end_add(struct buf *out, const struct status *status,
                         const struct segment_back_end *back_end)
{
    static const char *const CLASSES[] = { "not-asked", "answers", "no-answer" };
    static const char *const TEXTS[] = { "not asked", "answered", "no answer" };
    uint32_t answer = back_end->answer % 3;

    buf_add_text(out, "<li data-k=\"");
    page_text(out, back_end->name);
    buf_add_format(out, "\" class=\"%s\"><a href=\"", CLASSES[answer]);
    page_text(out, back_end->url);
    buf_add_text(out, "\">");
    page_text(out, back_end->name);
    buf_add_format(out, "</a> <small>%s", TEXTS[answer]);
    if (back_end->answered_ns != 0 && status->now_ns > back_end->answered_ns) {
        buf_add_text(out, answer == SEGMENT_ANSWERS ? " " : " for ");
        words_age(status->now_ns - back_end->answered_ns, out);
        buf_add_text(out, answer == SEGMENT_ANSWERS ? " ago" : "");
    }
    buf_add_text(out, "</small></li>\n");
}

static void back_ends_add(struct buf *out, const struct status *status)
{
    static const struct segment_back_end NOBODY = { .name = "" };

    buf_add_text(out, "<ul class=\"backs\" aria-label=\"Back ends\">\n");
    for (size_t i = 0; i < status->pool_count; i++)
        for (size_t k = 0; k < SEGMENT_BACK_END_COUNT; k++)
            if (status->pools[i].view.back_ends[k].name[0] != '\0')
                back_end_add(out, status, &status->pools[i].view.back_ends[k]);
    buf_add_text(out, "</ul>\n<template class=\"t-back\">");
    back_end_add(out, status, &NOBODY);
    buf_add_text(out, "</template>\n");
}

void page_head(struct buf *out, const struct page *page)
{
    const struct status *status = page->status;

    buf_add_text(out, "<header>\n<h1>Welcome to the board</h1>\n");
    if (page->has_details) {
        up_add(out, status);
        back_ends_add(out, status);
    }
    /* Read aloud when they change: the sentence and "stale since", not the figures behind them. */
    buf_add_format(out, "</header>\n<div class=\"state %s\"><p><strong role=\"status\">",
                   LEVELS[status_level(status)]);
    made_add(out, status, status_sentence);
    buf_add_text(out, "</strong> <span class=\"detail\">");
    if (page->has_details)
        made_add(out, status, status_detail);
    buf_add_text(out, "</span></p><p class=\"remedy\">");
    if (page->has_details)
        made_add(out, status, status_remedy);
    buf_add_text(out, "</p><p class=\"stale\" role=\"status\"></p></div>\n");
}

void page_title(struct buf *out, const struct page *page)
{
    made_add(out, page->status, status_sentence);
    buf_add_text(out, " \u2013 The board");
}
