/*
 * One loaded file, program or library, as its debugging information describes it: from a place
 * in the file to function, source file and line. Reading is done when first asked for.
 */
#ifndef OTEL_AGENT_MODULE_H
#define OTEL_AGENT_MODULE_H

#include "base/buf.h"

struct module;

/* The file must still be the one with this inode; NULL otherwise, or when it is no ELF file. */
struct module *module_create(const char *path, uint64_t inode);
void module_destroy(struct module *module);

/*
 * Appends "function (file:line)", or as much of it as is known: without line the module's name,
 * without symbol the build id and the place. Where the compiler has put functions into others,
 * each has its line, "\n  at " between. is_return: the place is a return address, so the call
 * itself lies before it.
 */
void module_describe(struct module *module, uint64_t file_offset, bool is_return, struct buf *out);

#endif
