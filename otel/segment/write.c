#include "segment/write.h"
#include "base/utf8.h"

size_t record_text_fit(const char *text, size_t length, size_t limit)
{
    return utf8_fit(text, length, limit);
}
