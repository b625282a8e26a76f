#include "agent/pipeline/resource_encode.h"

#include "agent/report.h"
#include "agent/sdk/resource.h"
#include "agent/version.h"

bool resource_encode(struct encoder *encoder, const struct settings *settings,
                     const struct otel_attribute *resource, size_t resource_count,
                     size_t resource_early)
{
    struct attributes set;

    switch (resource_make(
        &(struct resource_options){
            .own = resource,
            .own_count = resource_count,
            .early_count = resource_early,
            .attributes = settings->resource_attributes,
            .items = settings->resource_items,
            .item_count = settings->resource_item_count,
            .service_name = settings->service_name,
            .pool = settings->pool,
            .version = AGENT_VERSION,
        },
        &set)) {
    case RESOURCE_OK:
        break;
    case RESOURCE_BAD_TEXT:
        report_warn("resource_attributes \"%s\" cannot be read and is left out; it is "
                    "key=value,key=value, percent-encoded",
                    settings->resource_attributes);
        break;
    case RESOURCE_TOO_LONG:
        report_warn("the resource attributes are more than %d bytes; what is over is left out",
                    RECORD_BYTES_MAX);
        break;
    }
    return encoder_init(encoder, set.record, AGENT_VERSION);
}
