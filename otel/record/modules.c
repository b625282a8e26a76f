#include "record/modules.h"

#include <link.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct telling {
    struct segment_modules *out;
    uint32_t count;
};

/* The program itself has no name here. */
static bool path_find(const struct dl_phdr_info *info, char out[SEGMENT_MODULE_PATH_BYTES])
{
    size_t length = info->dlpi_name ? strlen(info->dlpi_name) : 0;

    if (length == 0) {
        ssize_t got = readlink("/proc/self/exe", out, SEGMENT_MODULE_PATH_BYTES);

        if (got <= 0 || got == SEGMENT_MODULE_PATH_BYTES)
            return false;
        length = (size_t)got;
    } else if (length < SEGMENT_MODULE_PATH_BYTES) {
        memcpy(out, info->dlpi_name, length);
    } else {
        return false;
    }
    out[length] = '\0';
    return out[0] == '/';
}

static int module_tell(struct dl_phdr_info *info, size_t size, void *argument)
{
    struct telling *telling = argument;
    struct segment_module module = { .start = 0 };
    struct stat facts;
    bool is_found = false;

    (void)size; /* the fields that are used were there from the start */
    for (int i = 0; i < info->dlpi_phnum && telling->count < SEGMENT_MODULE_COUNT; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];

        if (header->p_type != PT_LOAD || !(header->p_flags & PF_X))
            continue;
        if (!is_found && (!path_find(info, module.path) || stat(module.path, &facts) != 0))
            return 0;
        is_found = true;
        module.inode = facts.st_ino;
        module.start = info->dlpi_addr + header->p_vaddr;
        module.end = module.start + header->p_filesz;
        module.offset = header->p_offset;
        telling->out->all[telling->count++] = module;
    }
    return 0;
}

void modules_tell(struct segment_modules *out, int32_t pid)
{
    struct telling telling = { .out = out };

    out->pid = pid;
    (void)dl_iterate_phdr(module_tell, &telling); /* as module_tell says: 0 */
    /* Release: who sees the count sees the modules. */
    atomic_store_explicit(&out->count, telling.count, memory_order_release);
}
