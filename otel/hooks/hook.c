/* See hook.h. */
#include "hooks/hook.h"

#include "record/hook_entry.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

__thread unsigned hook_depth;

static hook_function symbol_set(struct hook_symbol *symbol, void *found)
{
    hook_function address = NULL;

    /* POSIX promises that the two kinds of pointers agree; ISO C has no conversion. */
    memcpy(&address, &found, sizeof(address));
    atomic_store_explicit(&symbol->address, address, memory_order_relaxed);
    return address;
}

hook_function hook_symbol_find(struct hook_symbol *symbol)
{
    int saved_errno = errno;
    void *found = dlsym(RTLD_NEXT, symbol->name);
    hook_function address;

    if (!found && symbol->library) {
        void *library = dlopen(symbol->library, RTLD_LAZY | RTLD_NOLOAD);

        /* Never closed: what we wrap must not be unloaded under us. */
        if (library)
            found = dlsym(library, symbol->name);
    }
    address = symbol_set(symbol, found);
    errno = saved_errno;
    return address;
}

__attribute__((constructor)) static void symbols_resolve(void)
{
    int saved_errno = errno;

    for (struct hook_symbol *const *at = __start_hook_symbols; at < __stop_hook_symbols; at++)
        symbol_set(*at, dlsym(RTLD_NEXT, (*at)->name));
    /* A library that is not there has left an error, which is not the host's. */
    (void)dlerror();
    errno = saved_errno;
}

bool hook_enter(void)
{
    return hook_depth++ == 0 && record_is_on();
}

uint64_t hook_thread_number(void)
{
    static _Atomic(uint64_t) last;
    static __thread uint64_t own;

    if (own == 0) /* relaxed: only the number counts */
        own = atomic_fetch_add_explicit(&last, 1, memory_order_relaxed) + 1;
    return own;
}
