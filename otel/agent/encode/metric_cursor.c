#include "agent/encode/metric_cursor.h"

/* The first stream from here on that the collection exports. */
static const struct stream *exported_from(const struct meter *meter, const struct stream *stream)
{
    while (stream != NULL && !meter_exports(meter, stream))
        stream = stream->next;
    return stream;
}

bool metric_cursor_seek(struct metric_cursor *cursor, const struct meter *meter)
{
    for (; cursor->scope < RECORD_SCOPE_COUNT; cursor->scope++, cursor->place = 0) {
        for (; cursor->place < meter->instrument_count; cursor->place++) {
            const struct instrument *instrument = meter->instruments[cursor->place];

            if (instrument->scope != cursor->scope)
                continue;
            if (cursor->stream == NULL)
                cursor->stream = instrument->first;
            cursor->stream = exported_from(meter, cursor->stream);
            if (cursor->stream != NULL)
                return true;
        }
    }
    return false;
}

void metric_cursor_step(struct metric_cursor *cursor)
{
    cursor->stream = cursor->stream->next;
    if (cursor->stream == NULL)
        cursor->place++;
}
