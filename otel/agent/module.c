#include "agent/module.h"

#include "base/mem.h"

#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <gelf.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct module {
    Dwfl *dwfl;
    Dwfl_Module *file; /* the only one in dwfl */
    char name[256];    /* without folder */
};

/* Debugging information inside the file or in /usr/lib/debug; main.c keeps debuginfod out. */
static const Dwfl_Callbacks CALLBACKS = {
    .find_elf = dwfl_build_id_find_elf,
    .find_debuginfo = dwfl_standard_find_debuginfo,
    .section_address = dwfl_offline_section_address,
};

static int file_open(const char *path, uint64_t inode)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat facts;

    if (fd >= 0 && (fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode) || facts.st_ino != inode)) {
        (void)close(fd);
        fd = -1;
    }
    return fd;
}

struct module *module_create(const char *path, uint64_t inode)
{
    struct module *module = NULL;
    const char *slash = strrchr(path, '/');
    int fd = file_open(path, inode);

    if (fd < 0)
        return NULL;
    module = mem_zalloc(1, sizeof *module);
    if (!module)
        goto failed;
    (void)snprintf(module->name, sizeof module->name, "%s", slash ? slash + 1 : path);
    module->dwfl = dwfl_begin(&CALLBACKS);
    if (!module->dwfl)
        goto failed;
    module->file = dwfl_report_offline(module->dwfl, module->name, path, fd);
    if (!module->file)
        goto failed;
    fd = -1; /* libdwfl has taken it */
    (void)dwfl_report_end(module->dwfl, NULL, NULL);
    return module;

failed:
    module_destroy(module);
    if (fd >= 0)
        (void)close(fd);
    return NULL;
}

void module_destroy(struct module *module)
{
    if (!module)
        return;
    if (module->dwfl)
        dwfl_end(module->dwfl);
    mem_free(module);
}

/* From a place in the file to an address in libdwfl's terms; false when nothing is loaded there. */
static bool address_find(struct module *module, uint64_t file_offset, Dwarf_Addr *out)
{
    Dwarf_Addr bias = 0;
    Elf *elf = dwfl_module_getelf(module->file, &bias);
    size_t count = 0;

    if (!elf || elf_getphdrnum(elf, &count) != 0)
        return false;
    for (size_t i = 0; i < count && i < INT_MAX; i++) {
        GElf_Phdr header;
        if (gelf_getphdr(elf, (int)i, &header) && header.p_type == PT_LOAD &&
            file_offset >= header.p_offset && file_offset - header.p_offset < header.p_filesz) {
            *out = file_offset - header.p_offset + header.p_vaddr + bias;
            return true;
        }
    }
    return false;
}

/* The source file as the build knew it: below the folder where the compiler ran. */
static bool line_describe(struct module *module, Dwarf_Addr address, struct buf *out)
{
    Dwfl_Line *line = dwfl_module_getsrc(module->file, address);
    const char *folder = line ? dwfl_line_comp_dir(line) : NULL;
    int number = 0;
    const char *file = line ? dwfl_lineinfo(line, NULL, &number, NULL, NULL, NULL) : NULL;
    size_t length = folder ? strlen(folder) : 0;

    if (!file)
        return false;
    if (length > 0 && strncmp(file, folder, length) == 0 && file[length] == '/')
        file += length + 1;
    buf_add_format(out, " (%s:%d)", file, number);
    return true;
}

static void build_id_describe(struct module *module, uint64_t file_offset, struct buf *out)
{
    const unsigned char *bits = NULL;
    GElf_Addr address = 0;
    int length = dwfl_module_build_id(module->file, &bits, &address);

    buf_add_format(out, "%s+0x%" PRIx64, module->name, file_offset);
    if (length <= 0)
        return;
    buf_add_text(out, " (build id ");
    for (int i = 0; i < length; i++)
        buf_add_format(out, "%02x", bits[i]);
    buf_add_text(out, ")");
}

void module_describe(struct module *module, uint64_t file_offset, bool is_return, struct buf *out)
{
    uint64_t place = is_return && file_offset > 0 ? file_offset - 1 : file_offset;
    Dwarf_Addr address = 0;
    GElf_Off into = 0;
    GElf_Sym symbol;
    const char *function = NULL;

    if (address_find(module, place, &address))
        function = dwfl_module_addrinfo(module->file, address, &into, &symbol, NULL, NULL, NULL);
    if (!function) {
        build_id_describe(module, file_offset, out);
        return;
    }
    buf_add_text(out, function);
    if (!line_describe(module, address, out))
        buf_add_format(out, "+0x%" PRIx64 " (%s)", (uint64_t)into, module->name);
}
