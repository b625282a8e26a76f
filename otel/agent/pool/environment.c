#include "agent/pool/environment.h"

#include "agent/report.h"
#include "base/mem.h"
#include "segment/layout.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PRELOAD_VARIABLE "LD_PRELOAD"

bool environment_find_hooks(char *out, size_t size)
{
    static const char *const PLACES[] = { "../lib", "../lib/otel", "." };
    char folder[PATH_MAX];
    char candidate[PATH_MAX * 2];
    char resolved[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", folder, sizeof folder - 1);
    char *slash;

    if (length < 0)
        length = 0;
    folder[length] = '\0';
    slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
    for (size_t i = 0; i < sizeof PLACES / sizeof PLACES[0]; i++) {
        (void)snprintf(candidate, sizeof candidate, "%s/%s/libotel_hooks.so", folder, PLACES[i]);
        if (!realpath(candidate, resolved) || strlen(resolved) >= size)
            continue;
        if (strpbrk(resolved, " :\t\n")) { /* ld.so(8): these separate libraries */
            report_error("%s cannot be preloaded: no blank and no colon may be in its path",
                         resolved);
            return false;
        }
        memcpy(out, resolved, strlen(resolved) + 1);
        return true;
    }
    report_error("libotel_hooks.so is not where it belongs: %s/../lib", folder);
    return false;
}

static bool variable_is(const char *entry, const char *name)
{
    size_t length = strlen(name);

    return strncmp(entry, name, length) == 0 && entry[length] == '=';
}

char **environment_create(char *const *inherited, const char *hooks_path, const char *segment_path)
{
    const char *preloaded = "";
    size_t count = 0;
    size_t texts;
    char **out;
    char *text;
    size_t kept = 0;

    for (; inherited[count]; count++)
        if (variable_is(inherited[count], PRELOAD_VARIABLE))
            preloaded = inherited[count] + sizeof PRELOAD_VARIABLE;
    texts = sizeof PRELOAD_VARIABLE + strlen(hooks_path) + strlen(preloaded) + 2 +
            sizeof SEGMENT_ENVIRONMENT + strlen(segment_path) + 1;
    out = mem_zalloc(1, (count + 3) * sizeof *out + texts);
    if (!out)
        return NULL;
    text = (char *)(out + count + 3);
    for (size_t i = 0; i < count; i++)
        if (!variable_is(inherited[i], PRELOAD_VARIABLE) &&
            !variable_is(inherited[i], SEGMENT_ENVIRONMENT))
            out[kept++] = inherited[i];
    out[kept++] = text;
    text += 1 + snprintf(text, texts, PRELOAD_VARIABLE "=%s%s%s", hooks_path, *preloaded ? ":" : "",
                         preloaded);
    out[kept++] = text;
    (void)snprintf(text, strlen(segment_path) + sizeof SEGMENT_ENVIRONMENT + 1,
                   SEGMENT_ENVIRONMENT "=%s", segment_path);
    return out;
}
