#include "agent/pool/symbols.h"

#include "agent/pool/module.h"
#include "base/clock.h"
#include "base/mem.h"
#include "otel/semconv.h"
#include "segment/check.h"
#include "segment/write.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    SYMBOLS_PROCESS_MAX = 64,
    SYMBOLS_MAPPING_MAX = 128, /* executable ones of one process */
    SYMBOLS_FILE_MAX = 256,
    SYMBOLS_SPARE_MAX = 32, /* of them without a user: whoever comes next has most likely the same,
                             * and to read one anew takes tenths of a second */
    SYMBOLS_TOLD_MAX = 8,   /* processes that are known by their own word alone */
    SYMBOLS_PATH_BYTES = 512,
    /* A process is mostly seen first as a copy of its parent, then its libraries come. */
    SYMBOLS_LOOKS = 5,
    SYMBOLS_LOOK_GAP_MS = 200,
};

struct symbols_file {
    char path[SYMBOLS_PATH_BYTES];
    uint64_t inode;
    struct module *module; /* NULL: cannot be read */
    unsigned users;        /* mappings that refer to it */
    uint64_t left_number;  /* without a user: since which leave; 0, no users: the place is free */
};

struct symbols_mapping {
    uint64_t start;
    uint64_t end;
    uint64_t offset; /* in the file */
    struct symbols_file *file;
};

struct symbols_process {
    int32_t pid; /* 0: free */
    uint64_t learnt_ns;
    unsigned looks; /* how often its mappings were read */
    size_t mapping_count;
    struct symbols_mapping mappings[SYMBOLS_MAPPING_MAX];
};

struct symbols {
    struct symbols_process processes[SYMBOLS_PROCESS_MAX];
    struct symbols_process told[SYMBOLS_TOLD_MAX];
    size_t told_next;
    struct symbols_file files[SYMBOLS_FILE_MAX];
    uint64_t leaves; /* how often a file lost its last user */
};

struct symbols *symbols_create(void)
{
    return mem_zalloc(1, sizeof(struct symbols));
}

void symbols_destroy(struct symbols *symbols)
{
    if (!symbols)
        return;
    for (size_t i = 0; i < SYMBOLS_FILE_MAX; i++)
        module_destroy(symbols->files[i].module);
    mem_free(symbols);
}

/* --- files
 * ---------------------------------------------------------------------------------------- */

static bool file_is_free(const struct symbols_file *file)
{
    return file->users == 0 && file->left_number == 0;
}

/* The file with one more user; NULL when the table is full. Opened now: it may be replaced. */
static struct symbols_file *file_use(struct symbols *symbols, const char *path, uint64_t inode)
{
    struct symbols_file *empty = NULL;

    for (size_t i = 0; i < SYMBOLS_FILE_MAX; i++) {
        struct symbols_file *file = &symbols->files[i];
        if (file_is_free(file)) {
            empty = empty ? empty : file;
        } else if (file->inode == inode && strcmp(file->path, path) == 0) {
            file->users++;
            file->left_number = 0;
            return file;
        }
    }
    if (!empty)
        return NULL;
    (void)snprintf(empty->path, sizeof empty->path, "%s", path);
    empty->inode = inode;
    empty->module = module_create(path, inode);
    empty->users = 1;
    return empty;
}

static void file_close(struct symbols_file *file)
{
    module_destroy(file->module);
    *file = (struct symbols_file){ .module = NULL };
}

static void file_leave(struct symbols *symbols, struct symbols_file *file)
{
    struct symbols_file *oldest = file;
    size_t spares = 0;

    if (--file->users > 0)
        return;
    if (!file->module) { /* it could not be read: the next time it may be there */
        file_close(file);
        return;
    }
    file->left_number = ++symbols->leaves;
    for (size_t i = 0; i < SYMBOLS_FILE_MAX; i++) {
        struct symbols_file *other = &symbols->files[i];
        if (other->left_number == 0)
            continue;
        spares++;
        if (other->left_number < oldest->left_number)
            oldest = other;
    }
    if (spares > SYMBOLS_SPARE_MAX)
        file_close(oldest);
}

/* --- processes
 * ------------------------------------------------------------------------------------ */

static struct symbols_process *process_find(struct symbols *symbols, int32_t pid)
{
    for (size_t i = 0; i < SYMBOLS_PROCESS_MAX; i++)
        if (symbols->processes[i].pid == pid)
            return &symbols->processes[i];
    return NULL;
}

/* One line of /proc/PID/maps (proc(5)); only what is code from a file. */
static void mapping_add(struct symbols *symbols, struct symbols_process *process, const char *line)
{
    struct symbols_mapping mapping = { 0 };
    char path[SYMBOLS_PATH_BYTES] = "";
    char is_code = '-';
    uint64_t inode = 0;

    if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*c%*c%c%*c %" SCNx64 " %*s %" SCNu64 " %511[^\n]",
               &mapping.start, &mapping.end, &is_code, &mapping.offset, &inode, path) != 6 ||
        is_code != 'x' || path[0] != '/')
        return;
    mapping.file = file_use(symbols, path, inode);
    if (mapping.file)
        process->mappings[process->mapping_count++] = mapping;
}

static void process_clear(struct symbols *symbols, struct symbols_process *process)
{
    for (size_t i = 0; i < process->mapping_count; i++)
        file_leave(symbols, process->mappings[i].file);
    memset(process, 0, sizeof *process);
}

/* Fills or refills a place. The new mappings come first, so that files in use stay open. */
static void process_read(struct symbols *symbols, struct symbols_process *process, int32_t pid)
{
    struct symbols_process fresh = { .pid = pid, .looks = process->looks + 1 };
    char path[64];
    char line[SYMBOLS_PATH_BYTES + 128];
    FILE *maps;

    (void)snprintf(path, sizeof path, "/proc/%" PRId32 "/maps", pid);
    maps = fopen(path, "re");
    if (!maps)
        return; /* it has ended: what was known of it stays */
    fresh.learnt_ns = clock_monotonic_ns();
    while (fresh.mapping_count < SYMBOLS_MAPPING_MAX && fgets(line, sizeof line, maps))
        mapping_add(symbols, &fresh, line);
    (void)fclose(maps); /* read only */
    if (fresh.mapping_count == 0 && process->mapping_count > 0)
        return; /* a zombie has none */
    process_clear(symbols, process);
    *process = fresh;
}

static bool process_is_due(const struct symbols_process *process)
{
    return clock_monotonic_ns() - process->learnt_ns >= SYMBOLS_LOOK_GAP_MS * CLOCK_NS_PER_MS;
}

void symbols_learn(struct symbols *symbols, int32_t pid)
{
    struct symbols_process *process = pid > 0 ? process_find(symbols, pid) : NULL;

    if (process && (process->looks >= SYMBOLS_LOOKS || !process_is_due(process)))
        return;
    if (!process)
        process = process_find(symbols, 0);
    if (pid > 0 && process)
        process_read(symbols, process, pid);
}

void symbols_forget(struct symbols *symbols, int32_t pid)
{
    struct symbols_process *process = pid > 0 ? process_find(symbols, pid) : NULL;

    if (process)
        process_clear(symbols, process);
    for (size_t i = 0; pid > 0 && i < SYMBOLS_TOLD_MAX; i++)
        if (symbols->told[i].pid == pid)
            process_clear(symbols, &symbols->told[i]);
}

/* Out of a segment that anybody may have scribbled over: a private copy, checked. */
static void told_read(struct symbols *symbols, struct symbols_process *process,
                      const struct segment_modules *modules)
{
    /* Acquire: pairs with the release of who wrote them. */
    uint32_t count = atomic_load_explicit(&modules->count, memory_order_acquire);

    for (uint32_t i = 0; i < count && i < SEGMENT_MODULE_COUNT; i++) {
        struct segment_module module;
        struct symbols_mapping *mapping = &process->mappings[process->mapping_count];

        memcpy(&module, &modules->all[i], sizeof module);
        module.path[sizeof module.path - 1] = '\0';
        if (module.path[0] != '/')
            continue;
        *mapping = (struct symbols_mapping){ module.start, module.end, module.offset, NULL };
        mapping->file = file_use(symbols, module.path, module.inode);
        process->mapping_count += mapping->file != NULL;
    }
}

/* The next one that needs a place gets that of the oldest; NULL for who is no process. */
static const struct symbols_process *told_find(struct symbols *symbols,
                                               const struct segment_modules *modules)
{
    int32_t pid = modules->pid;
    struct symbols_process *process = &symbols->told[symbols->told_next];

    if (pid <= 0)
        return NULL;
    for (size_t i = 0; i < SYMBOLS_TOLD_MAX; i++)
        if (symbols->told[i].pid == pid)
            return &symbols->told[i];
    symbols->told_next = (symbols->told_next + 1) % SYMBOLS_TOLD_MAX;
    process_clear(symbols, process);
    process->pid = pid;
    told_read(symbols, process, modules);
    return process;
}

/* --- frames
 * ----------------------------------------------------------------------------------------- */

static const struct symbols_mapping *mapping_look(const struct symbols_process *process,
                                                  uint64_t address)
{
    for (size_t i = 0; i < process->mapping_count; i++)
        if (address >= process->mappings[i].start && address < process->mappings[i].end)
            return &process->mappings[i];
    return NULL;
}

static const struct symbols_mapping *mapping_find(struct symbols *symbols, int32_t pid,
                                                  uint64_t address)
{
    struct symbols_process *process = pid > 0 ? process_find(symbols, pid) : NULL;
    const struct symbols_mapping *mapping;

    if (!process)
        return NULL;
    mapping = mapping_look(process, address);
    if (mapping || (process->looks >= SYMBOLS_LOOKS && !process_is_due(process)))
        return mapping;
    process_read(symbols, process, pid); /* a library was loaded later, or another program */
    return mapping_look(process, address);
}

void symbols_stack_text(struct symbols *symbols, const struct symbols_owner *owner,
                        const uint64_t *frames, size_t count, bool is_exact, struct buf *out)
{
    const struct segment_modules *untold = owner->modules; /* looked at once a stack: files open */
    const struct symbols_process *told = NULL;
    int32_t pid = owner->pid;

    symbols_learn(symbols, pid);
    for (size_t i = 0; i < count; i++) {
        bool is_return = i > 0 || !is_exact;
        const struct symbols_mapping *mapping =
            mapping_find(symbols, pid, frames[i] - (is_return ? 1 : 0));

        if (!mapping && untold) {
            told = told_find(symbols, untold);
            untold = NULL;
        }
        if (!mapping && told)
            mapping = mapping_look(told, frames[i]);
        buf_add_text(out, i == 0 ? "  at " : "\n  at ");
        if (mapping && mapping->file->module)
            module_describe(mapping->file->module, frames[i] - mapping->start + mapping->offset,
                            is_return, out);
        else if (mapping)
            buf_add_format(out, "%s+0x%" PRIx64, mapping->file->path,
                           frames[i] - mapping->start + mapping->offset);
        else
            buf_add_format(out, "0x%" PRIx64, frames[i]);
    }
}

/* Whole lines that fit; at least what fits of the first. */
static size_t lines_fit(const char *text, size_t length, size_t limit)
{
    size_t fit = length <= limit ? length : limit;

    if (fit == length)
        return fit;
    for (size_t end = fit; end > 0; end--)
        if (text[end] == '\n')
            return end;
    return record_text_fit(text, length, limit);
}

/* In its place: an event's attributes stand right behind their event. */
static size_t stack_replace(uint8_t *record, size_t size, size_t offset, const struct buf *text)
{
    const struct record_header *header = (const void *)record;
    struct record_item_source attribute = {
        .kind = header->type == RECORD_SPAN ? RECORD_ITEM_EVENT_ATTRIBUTE : RECORD_ITEM_ATTRIBUTE,
        .type = RECORD_VALUE_STRING,
        .key_id = OTEL_EXCEPTION_STACKTRACE.id,
        .value = text->data,
    };
    uint8_t tail[RECORD_BYTES_MAX];
    struct record_item stack;
    size_t tail_size;
    size_t room;
    size_t end;
    uint32_t new_size;

    memcpy(&stack, record + offset, sizeof stack);
    tail_size = size - offset - stack.size;
    memcpy(tail, record + offset + stack.size, tail_size);
    room = RECORD_BYTES_MAX - offset - tail_size;
    room = room > sizeof stack ? room - sizeof stack : 0;
    room = room < RECORD_VALUE_BYTES_MAX ? room : RECORD_VALUE_BYTES_MAX;
    attribute.value_length = (uint32_t)lines_fit(text->data, text->length, room & ~(size_t)7);
    end = record_item_put(record, RECORD_BYTES_MAX - tail_size, offset, &attribute);
    end = end ? end : offset;
    memcpy(record + end, tail, tail_size);
    new_size = (uint32_t)(end + tail_size);
    memcpy(record + offsetof(struct record_header, size), &new_size, sizeof new_size);
    return new_size;
}

size_t symbols_resolve(struct symbols *symbols, const struct symbols_owner *owner,
                       uint8_t record[RECORD_BYTES_MAX], size_t size)
{
    struct record_view item;
    size_t offset = 0;

    while (record_item_next(record, &offset, &item)) {
        uint64_t frames[SEGMENT_STACK_FRAMES];
        size_t count = item.value_length / sizeof frames[0];
        struct buf text;

        if (item.kind != RECORD_ITEM_STACK)
            continue;
        count = count < SEGMENT_STACK_FRAMES ? count : SEGMENT_STACK_FRAMES;
        memcpy(frames, item.value, count * sizeof frames[0]);
        buf_init(&text, RECORD_BYTES_MAX);
        symbols_stack_text(symbols, owner, frames, count, false, &text);
        offset = (size_t)(item.value - record) - sizeof(struct record_item);
        size = stack_replace(record, size, offset, &text);
        buf_release(&text);
    }
    return size;
}
