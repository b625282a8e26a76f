#include "agent/sdk/reader.h"

void reader_init(struct reader *reader, uint64_t interval_ns, uint64_t now_ns, uint64_t random)
{
    reader->interval_ns = interval_ns > 0 ? interval_ns : 1;
    reader->next_ns = now_ns + reader->interval_ns / 8 + random % reader->interval_ns * 7 / 8;
}

bool reader_due(struct reader *reader, uint64_t now_ns)
{
    if (now_ns < reader->next_ns)
        return false;
    reader->next_ns += reader->interval_ns;
    if (reader->next_ns <= now_ns)
        reader->next_ns = now_ns + reader->interval_ns;
    return true;
}
