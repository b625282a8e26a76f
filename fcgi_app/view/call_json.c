/* The keys stand in the order in which Python's sort_keys puts them. */
#include "view/call_json.h"

#include "view/date_json.h"
#include "view/text_json.h"

void call_json_write(struct json *json, const struct store_call *call)
{
    json_object_begin(json);
    JSON_KEY(json, "call_url");
    text_json_write(json, call->call_url);
    JSON_KEY(json, "call_url_parameter");
    text_json_write(json, call->call_url_parameter);
    JSON_KEY(json, "end_time");
    date_json_write(json, call->end_time);
    JSON_KEY(json, "seq");
    json_int(json, call->seq);
    JSON_KEY(json, "start_time");
    date_json_write(json, call->start_time);
    JSON_KEY(json, "user_id");
    text_json_write(json, call->user_id);
    JSON_KEY(json, "user_ip");
    text_json_write(json, call->user_ip);
    json_object_end(json);
}
