#include "agent/pool/module.h"

#include "base/mem.h"

#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <gelf.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Measured: reading a stack's lines anew takes 0.6 ms, and a busy route has few stacks. */
enum { MODULE_MEMO_COUNT = 512, MODULE_MEMO_BYTES_MAX = 1024 };

/* The last answer at one place of the table. */
struct module_memo {
    uint64_t file_offset;
    bool is_return;
    uint32_t length;
    char *text; /* NULL: none */
};

struct module {
    Dwfl *dwfl;
    Dwfl_Module *file; /* the only one in dwfl */
    char name[256];    /* without folder */
    struct module_memo memos[MODULE_MEMO_COUNT];
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
    for (size_t i = 0; i < MODULE_MEMO_COUNT; i++)
        mem_free(module->memos[i].text);
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

/* --- lines --------------------------------------------------------------------------------------
 */

/* A place in the source; file NULL: not known. */
struct source_place {
    const char *file;
    int line;
};

/* The unit of a place. Not every compiler writes the table by which libdwfl finds it at once. */
static Dwarf_Die *unit_find(struct module *module, Dwarf_Addr address, Dwarf_Addr *bias)
{
    Dwarf_Die *unit = dwfl_module_addrdie(module->file, address, bias);

    if (unit)
        return unit;
    while ((unit = dwfl_module_nextcu(module->file, unit, bias)) != NULL)
        if (dwarf_haspc(unit, address - *bias) == 1)
            break;
    return unit;
}

static struct source_place unit_place(Dwarf_Die *unit, Dwarf_Addr place)
{
    Dwarf_Line *line = dwarf_getsrc_die(unit, place);
    struct source_place out = { line ? dwarf_linesrc(line, NULL, NULL) : NULL, 0 };

    if (out.file)
        (void)dwarf_lineno(line, &out.line); /* stays 0: not known */
    return out;
}

/* Where an inlined function was called. */
static struct source_place call_place(Dwarf_Die *unit, Dwarf_Die *inlined)
{
    struct source_place out = { NULL, 0 };
    Dwarf_Attribute attribute;
    Dwarf_Files *files = NULL;
    Dwarf_Word file = 0;
    Dwarf_Word line = 0;
    size_t count = 0;

    if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_file, &attribute), &file) == 0 &&
        dwarf_formudata(dwarf_attr(inlined, DW_AT_call_line, &attribute), &line) == 0 &&
        dwarf_getsrcfiles(unit, &files, &count) == 0 && file < count) {
        out.file = dwarf_filesrc(files, (size_t)file, NULL, NULL);
        out.line = (int)line;
    }
    return out;
}

/* " (file:line)", the file as the build named it: below the folder where the compiler ran. */
static void place_add(Dwarf_Die *unit, struct source_place place, struct buf *out)
{
    Dwarf_Attribute attribute;
    const char *folder = dwarf_formstring(dwarf_attr(unit, DW_AT_comp_dir, &attribute));
    size_t length = folder ? strlen(folder) : 0;
    const char *file = place.file ? place.file : "?";

    if (length > 0 && strncmp(file, folder, length) == 0 && file[length] == '/')
        file += length + 1;
    buf_add_format(out, " (%s:%d)", file, place.line);
}

/* The functions at a place, innermost first, each at its line; false when none is known. */
static bool lines_describe(Dwarf_Die *unit, Dwarf_Addr address, const char *function,
                           struct buf *out)
{
    struct source_place place = unit_place(unit, address);
    Dwarf_Die *inner = NULL; /* libdw's memory, for us to free */
    Dwarf_Die *scopes = NULL;
    int count = 0;

    if (!place.file)
        return false;
    if (dwarf_getscopes(unit, address, &inner) > 0)
        count = dwarf_getscopes_die(&inner[0], &scopes);
    for (int i = 0; i < count && dwarf_tag(&scopes[i]) != DW_TAG_subprogram; i++) {
        const char *name = dwarf_diename(&scopes[i]);
        if (dwarf_tag(&scopes[i]) != DW_TAG_inlined_subroutine)
            continue;
        buf_add_text(out, name ? name : "?");
        place_add(unit, place, out);
        buf_add_text(out, "\n  at ");
        place = call_place(unit, &scopes[i]);
    }
    buf_add_text(out, function);
    place_add(unit, place, out);
    free(scopes);
    free(inner);
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

static void place_describe(struct module *module, uint64_t file_offset, bool is_return,
                           struct buf *out)
{
    uint64_t place = is_return && file_offset > 0 ? file_offset - 1 : file_offset;
    const char *function = NULL;
    Dwarf_Die *unit = NULL;
    Dwarf_Addr address = 0;
    Dwarf_Addr bias = 0;
    GElf_Off into = 0;
    GElf_Sym symbol;

    if (address_find(module, place, &address)) {
        function = dwfl_module_addrinfo(module->file, address, &into, &symbol, NULL, NULL, NULL);
        unit = unit_find(module, address, &bias);
    }
    if (!function)
        build_id_describe(module, file_offset, out);
    else if (!unit || !lines_describe(unit, address - bias, function, out))
        buf_add_format(out, "%s+0x%" PRIx64 " (%s)", function, (uint64_t)into, module->name);
}

/* --- what has been described already
 * -------------------------------------------------------------------------------------- */

static struct module_memo *memo_place(struct module *module, uint64_t file_offset, bool is_return)
{
    /* Fibonacci hashing: neighbouring calls go far from each other. */
    uint64_t hash = (file_offset * 2 + is_return) * UINT64_C(0x9e3779b97f4a7c15);

    return &module->memos[hash >> 32 & (MODULE_MEMO_COUNT - 1)];
}

static void memo_keep(struct module_memo *memo, uint64_t file_offset, bool is_return,
                      const char *text, size_t length)
{
    char *copy = length > 0 && length <= MODULE_MEMO_BYTES_MAX ? mem_alloc(length) : NULL;

    if (!copy)
        return;
    memcpy(copy, text, length);
    mem_free(memo->text);
    *memo = (struct module_memo){ file_offset, is_return, (uint32_t)length, copy };
}

void module_describe(struct module *module, uint64_t file_offset, bool is_return, struct buf *out)
{
    struct module_memo *memo = memo_place(module, file_offset, is_return);
    size_t start = out->length;

    if (memo->text && memo->file_offset == file_offset && memo->is_return == is_return) {
        buf_add(out, memo->text, memo->length);
        return;
    }
    place_describe(module, file_offset, is_return, out);
    if (!out->has_failed)
        memo_keep(memo, file_offset, is_return, out->data + start, out->length - start);
}
