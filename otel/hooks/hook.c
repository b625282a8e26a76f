/* See hook.h. */
#include "hooks/hook.h"

#include "record/hook_entry.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

static __thread unsigned depth;

hook_function hook_symbol_find(struct hook_symbol *symbol)
{
    int saved_errno = errno;
    void *found = dlsym(RTLD_NEXT, symbol->name);
    hook_function address = NULL;

    if (!found && symbol->library) {
        void *library = dlopen(symbol->library, RTLD_LAZY | RTLD_NOLOAD);

        /* Never closed: what we wrap must not be unloaded under us. */
        if (library)
            found = dlsym(library, symbol->name);
    }
    /* POSIX promises that the two kinds of pointers agree; ISO C has no conversion. */
    memcpy(&address, &found, sizeof(address));
    atomic_store_explicit(&symbol->address, address, memory_order_relaxed);
    errno = saved_errno;
    return address;
}

bool hook_enter(void)
{
    return depth++ == 0 && record_is_on();
}

void hook_leave(void)
{
    depth--;
}
