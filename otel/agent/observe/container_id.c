#include "agent/observe/container_id.h"

#include <string.h>

#define HEXADECIMAL "0123456789abcdef"

/* The last run of exactly 64 digits in a line. */
static bool id_in_line(const char *line, size_t length, char *out)
{
    bool is_found = false;

    for (size_t at = 0; at < length;) {
        size_t digits = strspn(line + at, HEXADECIMAL);
        if (digits == CONTAINER_ID_LENGTH) {
            memcpy(out, line + at, CONTAINER_ID_LENGTH);
            out[CONTAINER_ID_LENGTH] = '\0';
            is_found = true;
        }
        at += digits > 0 ? digits : 1;
    }
    return is_found;
}

/* Of the mounts only those of a container's own files: /…/containers/ID/hostname and such. The
 * sandbox of a pod and the layers of an image have ids as well. */
static bool line_is_own(const char *line, size_t length)
{
    const char *folder = memmem(line, length, "containers/", 11);
    const char *file = memmem(line, length, "/etc/host", 9);

    return folder && file && folder < file;
}

static bool id_in_text(const char *text, bool (*wants)(const char *, size_t), char *out)
{
    while (*text) {
        size_t length = strcspn(text, "\n");
        if ((!wants || wants(text, length)) && id_in_line(text, length, out))
            return true;
        text += length + (text[length] == '\n');
    }
    return false;
}

bool container_id_find(const char *cgroup, const char *mountinfo, char out[CONTAINER_ID_LENGTH + 1])
{
    return id_in_text(cgroup, NULL, out) || id_in_text(mountinfo, line_is_own, out);
}
