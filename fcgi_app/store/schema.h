/* The numbered files of sql/, which the build puts into the program. */
#ifndef BOARD_STORE_SCHEMA_H
#define BOARD_STORE_SCHEMA_H

#include "store/connection.h"

/* Runs them in order. Each of them leaves alone what is there already. */
enum store_status store__schema_apply(struct store__connection *connection);

#endif
