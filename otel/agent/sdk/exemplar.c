#include "agent/sdk/exemplar.h"

#include "base/mem.h"

#include <string.h>

bool exemplar_passes(enum exemplar_filter filter, const struct record_measurement *measurement)
{
    switch (filter) {
    case EXEMPLAR_TRACE_BASED:
        return (measurement->trace_flags & 1u) != 0;
    case EXEMPLAR_ALWAYS_ON:
        return true;
    case EXEMPLAR_ALWAYS_OFF:
        break;
    }
    return false;
}

struct exemplars *exemplars_create(uint32_t size)
{
    struct exemplars *exemplars =
        mem_zalloc(1, sizeof *exemplars + size * sizeof exemplars->places[0]);

    if (exemplars != NULL)
        exemplars->size = size;
    return exemplars;
}

void exemplars_clear(struct exemplars *exemplars)
{
    for (uint32_t i = 0; i < exemplars->size; i++) {
        mem_free(exemplars->places[i].filtered);
        exemplars->places[i] = (struct exemplar){ 0 };
    }
    exemplars->offered = 0;
}

void exemplars_destroy(struct exemplars *exemplars)
{
    if (exemplars == NULL)
        return;
    exemplars_clear(exemplars);
    mem_free(exemplars);
}

struct exemplar *exemplars_sample(struct exemplars *exemplars, uint64_t random)
{
    uint64_t place = exemplars->offered++;

    if (place >= exemplars->size)
        place = random % exemplars->offered;
    return place < exemplars->size ? &exemplars->places[place] : NULL;
}

void exemplar_set(struct exemplar *exemplar, const struct record_measurement *measurement,
                  uint64_t time_ns, const uint8_t *filtered)
{
    mem_free(exemplar->filtered);
    *exemplar = (struct exemplar){
        .value = measurement->is_double ? aggregate_double(measurement->value.real)
                                        : aggregate_int(measurement->value.integer),
        .time_ns = time_ns,
    };
    memcpy(exemplar->trace_id, measurement->trace_id, sizeof exemplar->trace_id);
    memcpy(exemplar->span_id, measurement->span_id, sizeof exemplar->span_id);
    if (filtered != NULL) {
        uint32_t size = ((const struct record_header *)filtered)->size;

        exemplar->filtered = size <= EXEMPLAR_FILTERED_BYTES ? mem_alloc(size) : NULL;
        if (exemplar->filtered != NULL)
            memcpy(exemplar->filtered, filtered, size);
    }
}
