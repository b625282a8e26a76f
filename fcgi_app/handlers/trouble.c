/* One table of words, and the line on stderr. */
#include "handlers/trouble.h"

#include <stdio.h>

/* what is wrong; what to do */
/* clang-format off */
#define TROUBLES(X) \
    X(MISSING, "its file is missing", \
      "put it back, or stop and start the service, which makes a new one") \
    X(NOT_READABLE, "its file may not be read by this service", \
      "let the user of this process read and write it") \
    X(NOT_A_DATABASE, "its file is no database of this service", \
      "put the right file in its place") \
    X(LOCKED, "another process has it locked", \
      "end that process or its transaction; fuser shows who has the file open") \
    X(FULL, "its disk is full", \
      "make room there") \
    X(READ_ONLY, "it is read-only", \
      "let the user of this process write the file, those beside it and the folder") \
    X(CORRUPT, "its file is corrupt, or its disk cannot read it", /* SQLite does not tell apart */ \
      "the kernel's log says whether the disk fails (dmesg); if not, stop the service and put a " \
      "copy that is whole in its place") \
    X(IO, "its disk fails", \
      "the kernel's log says why (dmesg)") \
    X(NO_MEMORY, "there is no memory or no descriptor left for it", \
      "give the machine more, raise the limit of open files (ulimit -n), or start fewer workers") \
    X(OTHER, "of an error in this service", \
      "tell its makers")
/* clang-format on */

const char *trouble_detail(enum store_fault fault)
{
    switch (fault) {
#define X(name, what, remedy)                                                                      \
    case STORE_FAULT_##name:                                                                       \
        return "The database cannot be used: " what ".";
        TROUBLES(X)
#undef X
    case STORE_FAULT_NONE:
        break;
    }
    return "The database can be used.";
}

static void tell(const struct trouble *trouble, enum store_fault fault)
{
    switch (fault) {
#define X(name, what, remedy)                                                                      \
    case STORE_FAULT_##name:                                                                       \
        fprintf(stderr, "%s: the database %s cannot be %s: " what "; " remedy "\n", trouble->pool, \
                trouble->path, trouble->use);                                                      \
        break;
        TROUBLES(X)
#undef X
    case STORE_FAULT_NONE:
        fprintf(stderr, "%s: the database %s can be %s again\n", trouble->pool, trouble->path,
                trouble->use);
        break;
    }
}

void trouble_note(struct trouble *trouble, enum store_fault fault)
{
    /* Relaxed: nothing is handed over by it; who changes it tells. */
    if (atomic_load_explicit(&trouble->fault, memory_order_relaxed) != (int)fault &&
        atomic_exchange_explicit(&trouble->fault, (int)fault, memory_order_relaxed) != (int)fault)
        tell(trouble, fault);
}
