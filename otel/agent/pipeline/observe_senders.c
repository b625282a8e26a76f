#include "agent/pipeline/observe_senders.h"

#include "agent/pipeline/observe_disk.h"

void observe_exporter(struct meter *meter, const struct exporter *exporter)
{
    self_observe_exporter(meter, &(struct self_exporter){
                                     .item = exporter->item,
                                     .type = exporter->type,
                                     .server_address = exporter->sink->address,
                                     .server_port = exporter->sink->port,
                                     .inflight = exporter->item_count,
                                     .exported = exporter->exported,
                                     .errors = &exporter->errors,
                                 });
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
