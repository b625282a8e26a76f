/*
 * What every hook needs: the real function behind a wrapped name, and the guard that tells the
 * host's calls from those that a library makes to itself.
 *
 * A hook keeps arguments, result and errno as they are. Everything else of the library is hidden
 * (exported.txt lists what is not).
 */
#ifndef OTEL_HOOKS_HOOK_H
#define OTEL_HOOKS_HOOK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* A wrapped function: the only thing of this library that the linker may see. */
#define HOOK_EXPORT __attribute__((visibility("default")))

typedef void (*hook_function)(void);

/*
 * One per wrapped function. `library` is where to look when the name is not in the global scope
 * behind us (a plug-in brought its library along, RTLD_LOCAL); NULL: libc, never missing.
 * Relaxed order is enough: whoever resolves the name finds the same address, and what it points
 * to was there before.
 */
struct hook_symbol {
    const char *name;
    const char *library;
    _Atomic(hook_function) address;
};

/*
 * For a name that was not resolved at start: another library's constructor called before ours
 * ran, or the library came later. NULL when the process has none.
 */
hook_function hook_symbol_find(struct hook_symbol *symbol);

static inline hook_function hook_symbol_get(struct hook_symbol *symbol)
{
    hook_function address = atomic_load_explicit(&symbol->address, memory_order_relaxed);

    return address ? address : hook_symbol_find(symbol);
}

/* The section of HOOK_REAL, as the linker delimits it. */
extern struct hook_symbol *const __start_hook_symbols[] __attribute__((visibility("hidden")));
extern struct hook_symbol *const __stop_hook_symbols[] __attribute__((visibility("hidden")));

/*
 * Defines real_NAME(), which gives the real function with its own type. The section collects
 * every symbol, so that all are resolved at start: a dlsym later would take away the text that
 * the host's last dlerror gave it.
 */
#define HOOK_REAL(function_name, library_name)                                                     \
    static struct hook_symbol symbol_##function_name = { .name = #function_name,                   \
                                                         .library = library_name };                \
    __attribute__((section("hook_symbols"),                                                        \
                   used)) static struct hook_symbol *const entry_##function_name =                 \
        &symbol_##function_name;                                                                   \
    static __typeof__(&function_name) real_##function_name(void)                                   \
    {                                                                                              \
        return (__typeof__(&function_name))hook_symbol_get(&symbol_##function_name);               \
    }

/* How many of our wrapped calls the calling thread is in. */
extern __thread unsigned hook_depth __attribute__((visibility("hidden")));

/*
 * Calls of the same thread nest: true for the outermost one, the host's own, and only where a
 * launcher runs. hook_leave belongs to every hook_enter, whatever it said.
 */
bool hook_enter(void);

static inline void hook_leave(void)
{
    hook_depth--;
}

/* Of the calling thread, from 1 on; never given twice, unlike a pthread_t. */
uint64_t hook_thread_number(void);

#endif
