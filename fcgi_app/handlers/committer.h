/*
 * The one writing thread of a process. Finished answers wait here for their row; it commits all
 * rows that wait in one transaction and then sends their answers. So an answer is sent only after
 * its row is durable, one commit serves many, and a waiting request holds no thread.
 */
#ifndef BOARD_HANDLERS_COMMITTER_H
#define BOARD_HANDLERS_COMMITTER_H

#include "http/exchange.h"
#include "store/store.h"

struct app;
struct committer;

/* Starts its thread; the app outlives it. NULL with errno. */
struct committer *committer_create(struct app *app);

/* Commits and answers what waits, then ends the thread. */
void committer_destroy(struct committer *committer);

/*
 * Parks the exchange until the row is committed; the row's texts are borrowed until then and lie
 * in the exchange. Its context is filled in here. When too many wait: answers 503 at once.
 */
enum handler_end committer_submit(struct committer *committer, struct http_exchange *exchange,
                                  const struct store_new_call *row);

#endif
