/*
 * Start of the preload library. A program that speaks FastCGI is where the chain of preloading
 * ends: what it starts itself (scripts, shells, converters) is not ours to load into, so our
 * entry leaves LD_PRELOAD there. spawn-fcgi, multiwatch and shells on the way keep it.
 */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const char OWN_NAME[] = "libotel_hooks.so";

static bool entry_is_own(const char *entry, size_t length)
{
    size_t own_length = sizeof(OWN_NAME) - 1;

    return length >= own_length && memcmp(entry + length - own_length, OWN_NAME, own_length) == 0 &&
           (length == own_length || entry[length - own_length - 1] == '/');
}

/* Takes our entry out of LD_PRELOAD, in place: the rest only gets shorter. */
static void environment_clean(void)
{
    static const char SEPARATORS[] = ": "; /* ld.so(8): colons or spaces */
    char *list = getenv("LD_PRELOAD");
    char *from = list;
    char *to = list;

    if (!list)
        return;
    while (*from) {
        size_t length = strcspn(from, SEPARATORS);
        size_t with_separator = length + (from[length] ? 1 : 0);

        if (!entry_is_own(from, length)) {
            memmove(to, from, with_separator);
            to += with_separator;
        }
        from += with_separator;
    }
    if (to > list && strchr(SEPARATORS, to[-1]))
        to--;
    *to = '\0';
    if (to == list)
        unsetenv("LD_PRELOAD");
}

__attribute__((constructor)) static void preload_start(void)
{
    if (dlsym(RTLD_NEXT, "FCGX_Accept_r"))
        environment_clean();
    (void)dlerror(); /* where libfcgi is not: an error that is not the host's */
}
