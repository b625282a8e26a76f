/*
 * What is wrong with the database, in words: for a client's answer without any path, and for who
 * runs the service one line on stderr whenever it changes. Never a line a request.
 */
#ifndef BOARD_HANDLERS_TROUBLE_H
#define BOARD_HANDLERS_TROUBLE_H

#include "store/store.h"

#include <stdatomic.h>

/* One kind of use of one database by one process; reading may go on where writing cannot. */
struct trouble {
    const char *pool; /* begins the line */
    const char *use;  /* "read", "written" */
    const char *path;
    _Atomic int fault; /* enum store_fault, as last told */
};

/* A whole sentence for clients. Never NULL. */
const char *trouble_detail(enum store_fault fault);

/* How a use has ended; STORE_FAULT_NONE: well. Cheap while nothing changes. Any thread. */
void trouble_note(struct trouble *trouble, enum store_fault fault);

#endif
