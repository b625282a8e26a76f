#include "agent/pipeline/observe_senders.h"

#include "agent/pipeline/observe_disk.h"
#include "base/clock.h"

static struct self_exporter self_of(const struct exporter *exporter)
{
    return (struct self_exporter){
        .item = exporter->item,
        .type = exporter->type,
        .server_address = exporter->sink->address,
        .server_port = exporter->sink->port,
        .inflight = exporter->item_count,
        .exported = exporter->exported,
        .errors = &exporter->errors,
    };
}

void observe_exporter(struct meter *meter, const struct exporter *exporter)
{
    const struct self_exporter self = self_of(exporter);

    self_observe_exporter(meter, &self);
}

void observe_operation(struct meter *meter, const struct exporter *exporter, uint64_t duration_ns,
                       const char *error_type)
{
    const struct self_exporter self = self_of(exporter);

    self_record_operation(meter, &self, (double)duration_ns / (double)CLOCK_NS_PER_S, error_type,
                          clock_wall_ns());
}

void observe_queue(struct meter *meter, const struct record_queue *queue)
{
    if (queue->source_count == 0)
        return;
    self_observe_processor(meter, &(struct self_processor){
                                      .item = queue->sources[0].exporter.item,
                                      .queue_size = batch_held(&queue->batch),
                                      .queue_capacity = queue->batch.count_max,
                                      .processed = queue->sources[0].exporter.handed,
                                      .queue_full = queue->batch.dropped,
                                  });
    for (unsigned i = 0; i < queue->source_count; i++) {
        observe_exporter(meter, &queue->sources[i].exporter);
        observe_disk(meter, &queue->sources[i]);
    }
}

void observe_pull(struct meter *meter, const struct pull *pull)
{
    if (pull->listen == NULL)
        return;
    self_observe_exporter(meter, &(struct self_exporter){
                                     .item = SELF_DATA_POINT,
                                     .type = pull->type,
                                     .server_address = "",
                                     .exported = pull->exported,
                                     .errors = &pull->errors,
                                 });
}
