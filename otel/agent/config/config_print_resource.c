#include "agent/config/config_print.h"

#include "agent/config/config_file.h"
#include "segment/check.h"

#include <inttypes.h>
#include <string.h>

static void element_print(FILE *out, const struct record_view *value)
{
    if (value->type == RECORD_VALUE_BOOL)
        (void)fprintf(out, "%s", record_view_int(value) ? "true" : "false");
    else if (value->type == RECORD_VALUE_INT)
        (void)fprintf(out, "%" PRId64, record_view_int(value));
    else
        (void)fprintf(out, "%.17g", record_view_double(value));
}

static void texts_print(FILE *out, const struct record_view *value)
{
    uint32_t offset = 0, length;
    const char *text;

    (void)fprintf(out, "%s\n", value->value_length ? "" : " []");
    while (record_string_next(value, &offset, &text, &length)) {
        (void)fprintf(out, "        - ");
        config_print_text(out, text, length);
    }
}

static void item_print(FILE *out, const struct resource_item *item)
{
    static const char *const NAMES[RECORD_VALUE_TYPE_COUNT] = {
        [RECORD_VALUE_BOOL] = "bool",           [RECORD_VALUE_INT] = "int",
        [RECORD_VALUE_DOUBLE] = "double",       [RECORD_VALUE_STRINGS] = "string_array",
        [RECORD_VALUE_BOOLS] = "bool_array",    [RECORD_VALUE_INTS] = "int_array",
        [RECORD_VALUE_DOUBLES] = "double_array"
    };
    const struct record_view value = { .type = item->type,
                                       .value = item->value,
                                       .value_length = item->value_length };
    struct record_view element;
    uint32_t offset = 0;

    (void)fprintf(out, "    - name: ");
    config_print_text(out, item->key, strlen(item->key));
    (void)fprintf(out, "      type: %s\n      value:", NAMES[item->type]);
    if (item->type == RECORD_VALUE_STRINGS) {
        texts_print(out, &value);
    } else if (item->type < RECORD_VALUE_STRINGS) {
        (void)fprintf(out, " ");
        element_print(out, &value);
        (void)fprintf(out, "\n");
    } else {
        (void)fprintf(out, " [");
        while (record_element_next(&value, &offset, &element)) {
            (void)fprintf(out, "%s", offset > element.value_length ? ", " : "");
            element_print(out, &element);
        }
        (void)fprintf(out, "]\n");
    }
}

void config_print_resource(const struct options *options, const struct settings *settings,
                           FILE *out)
{
    (void)fprintf(out, "resource:\n");
    if (*settings->resource_attributes) {
        (void)fprintf(out, "  attributes_list: ");
        config_print_text(out, settings->resource_attributes,
                          strlen(settings->resource_attributes));
    }
    if (*settings->service_name || settings->resource_item_count)
        (void)fprintf(out, "  attributes:\n");
    if (*settings->service_name) {
        (void)fprintf(out, "    - name: service.name\n      value: ");
        config_print_text(out, settings->service_name, strlen(settings->service_name));
    }
    for (size_t i = 0; i < settings->resource_item_count; i++)
        item_print(out, &settings->resource_items[i]);
    if (options->file && options->file->extras.schema_url[0]) {
        const char *url = options->file->extras.schema_url;

        (void)fprintf(out, "  schema_url: ");
        config_print_text(out, url, strlen(url));
    }
}
