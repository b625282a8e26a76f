/*
 * The two forms of an error. Both carry the trace id, so that what a person sees can be found in
 * the telemetry; neither says anything of the inside of the service.
 */
#include "view/problem.h"

#include "base/json.h"

#include <string.h>

static void json_text(struct json *json, const char *text)
{
    json_string(json, text, strlen(text));
}

/* Members in the order of RFC 9457, section 3.1; trace_id is ours (section 3.2). */
void problem_json_write(struct buf *out, const struct problem *problem)
{
    struct json json = json_writer(out);

    json_object_begin(&json);
    JSON_KEY(&json, "type");
    json_text(&json, "about:blank");
    JSON_KEY(&json, "title");
    json_text(&json, problem->title);
    JSON_KEY(&json, "status");
    json_int(&json, problem->status);
    JSON_KEY(&json, "detail");
    json_text(&json, problem->detail);
    if (problem->trace_id[0] != '\0') {
        JSON_KEY(&json, "trace_id");
        json_text(&json, problem->trace_id);
    }
    json_object_end(&json);
    buf_add(out, "\n", 1);
}

static void html_text(struct buf *out, const char *text)
{
    html_escape(out, text, strlen(text));
}

void problem_html_write(struct buf *out, const struct problem *problem)
{
    buf_add_text(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                      "<title>");
    buf_add_format(out, "%d ", problem->status);
    html_text(out, problem->title);
    buf_add_text(out, "</title>\n</head>\n<body>\n<h1>");
    buf_add_format(out, "%d ", problem->status);
    html_text(out, problem->title);
    buf_add_text(out, "</h1>\n<p>");
    html_text(out, problem->detail);
    buf_add_text(out, "</p>\n");
    if (problem->trace_id[0] != '\0') {
        buf_add_text(out, "<p>Trace id: <code>");
        html_text(out, problem->trace_id);
        buf_add_text(out, "</code></p>\n");
    }
    buf_add_text(out, "<p><a href=\"/\">Start page</a></p>\n</body>\n</html>\n");
}
