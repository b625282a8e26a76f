/* From SQLite's result codes to the store's few. */
#ifndef BOARD_STORE_STATUS_H
#define BOARD_STORE_STATUS_H

#include "store/store.h"

/* `code` is an extended result code; every one of them has an answer. */
enum store_status store__status(int code);

#endif
