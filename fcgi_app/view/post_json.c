/* The keys stand in the order in which Python's sort_keys puts them. */
#include "view/post_json.h"

#include "view/date_json.h"
#include "view/text_json.h"

void post_json_write(struct json *json, const struct store_post *post)
{
    json_object_begin(json);
    JSON_KEY(json, "content");
    text_json_write(json, post->content);
    JSON_KEY(json, "create_date");
    date_json_write(json, post->create_date);
    JSON_KEY(json, "seq");
    json_int(json, post->seq);
    JSON_KEY(json, "title");
    text_json_write(json, post->title);
    JSON_KEY(json, "update_date");
    date_json_write(json, post->update_date);
    json_object_end(json);
}
