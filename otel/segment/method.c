#include "segment/method.h"

#include <string.h>

/* The texts may have been scribbled over: none is read beyond its place. */

uint16_t segment_method_find(const struct segment_config *config, const char *text, size_t length)
{
    if (length == 0 || length >= SEGMENT_METHOD_BYTES)
        return SEGMENT_METHOD_OTHER;
    for (uint16_t i = SEGMENT_METHOD_OTHER + 1;
         i < SEGMENT_METHOD_COUNT && config->methods[i][0] != '\0'; i++)
        if (memcmp(config->methods[i], text, length) == 0 && config->methods[i][length] == '\0')
            return i;
    return SEGMENT_METHOD_OTHER;
}

const char *segment_method_text(const struct segment_config *config, uint16_t number,
                                size_t *out_length)
{
    *out_length = number > SEGMENT_METHOD_OTHER && number < SEGMENT_METHOD_COUNT
                      ? strnlen(config->methods[number], SEGMENT_METHOD_BYTES)
                      : 0;
    if (*out_length > 0)
        return config->methods[number];
    *out_length = sizeof SEGMENT_METHOD_OTHER_TEXT - 1;
    return SEGMENT_METHOD_OTHER_TEXT;
}

unsigned segment_methods_set(struct segment_config *config, const char *list)
{
    unsigned count = SEGMENT_METHOD_OTHER + 1;
    unsigned left_out = 0;

    memset(config->methods, 0, sizeof config->methods);
    while (*list) {
        size_t size = strcspn(list, ",");
        size_t length;

        while (size > 0 && *list == ' ') {
            list++;
            size--;
        }
        for (length = size; length > 0 && list[length - 1] == ' ';)
            length--;
        if (length > 0 && length < SEGMENT_METHOD_BYTES && count < SEGMENT_METHOD_COUNT)
            memcpy(config->methods[count++], list, length);
        else
            left_out++;
        list += size + (list[size] == ',');
    }
    return left_out;
}
