#include "agent/pipeline/pull.h"

#include "agent/report.h"
#include "base/json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PAGE "/metrics"

/* --- the address ------------------------------------------------------------------------------ */

/* As a reader writes it: who listens everywhere is found here. */
static void address_format(const struct pull *pull, const struct settings_prometheus *settings,
                           char *out, size_t size)
{
    const char *host = settings->host;
    bool is_everywhere = host[0] == '\0' || strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
    bool has_colons = strchr(host, ':') != NULL && host[0] != '[';

    if (is_everywhere)
        host = "localhost";
    (void)snprintf(out, size, has_colons && !is_everywhere ? "[%s]:%u" : "%s:%u", host,
                   listen_port(pull->listen));
}

/* [{"targets":["localhost:9465"],"labels":{"fcgi_pool":"board"}}] */
static void address_write(struct pull *pull, const struct settings *settings, const char *address)
{
    char part[PULL_PATH_BYTES + sizeof ".part"], pool[128];
    FILE *file = NULL;
    struct buf text;
    struct json json = json_writer(&text);
    bool is_written = false;
    int length;

    (void)snprintf(pool, sizeof pool, "%s", settings->pool);
    for (char *slash = pool; (slash = strchr(slash, '/')) != NULL;)
        *slash = '_';
    length = snprintf(pull->address, sizeof pull->address, "%s/%s.prometheus.json",
                      settings->prometheus.run_dir, pool);
    buf_init(&text, PULL_PATH_BYTES);
    json_array_begin(&json);
    json_object_begin(&json);
    JSON_KEY(&json, "targets");
    json_array_begin(&json);
    json_string(&json, address, strlen(address));
    json_array_end(&json);
    JSON_KEY(&json, "labels");
    json_object_begin(&json);
    JSON_KEY(&json, "fcgi_pool");
    json_string(&json, settings->pool, strlen(settings->pool));
    json_object_end(&json);
    json_object_end(&json);
    json_array_end(&json);
    (void)snprintf(part, sizeof part, "%s.part", pull->address);
    if (length > 0 && (size_t)length < sizeof pull->address && !text.has_failed)
        file = fopen(part, "we");
    if (file != NULL) {
        is_written = fwrite(text.data, 1, text.length, file) == text.length;
        is_written = fclose(file) == 0 && is_written && rename(part, pull->address) == 0;
    }
    if (!is_written) {
        report_warn("cannot write %s: %s; is the folder there, and writable?", pull->address,
                    strerror(errno));
        pull->address[0] = '\0';
    }
    buf_release(&text);
}

static void announce(struct pull *pull, const struct settings *settings)
{
    const struct settings_prometheus *prometheus = &settings->prometheus;
    char address[LISTEN_HOST_BYTES], taken[64] = "";

    if (prometheus->port != 0 && listen_port(pull->listen) != prometheus->port)
        (void)snprintf(taken, sizeof taken, "; port %u is taken", prometheus->port);
    address_format(pull, prometheus, address, sizeof address);
    report_info("metrics can be fetched from http://%s" PAGE "%s", address, taken);
    if (prometheus->run_dir[0] != '\0')
        address_write(pull, settings, address);
}

/* --- a request -------------------------------------------------------------------------------- */

static void clash_report(struct pull *pull, const char *instrument)
{
    if (instrument == NULL || instrument == pull->reported)
        return;
    pull->reported = instrument;
    report_warn("%s: %s is left out: another metric has its name in Prometheus, or that of one of "
                "its series, and another type; rename one of them",
                pull->type, instrument);
}

static void answer(void *user, const struct listen_request *request, struct listen_answer *out)
{
    struct pull *pull = user;
    const struct prometheus_wish wish = { .accept = request->accept, .has_units = pull->has_units };
    struct prometheus_page page;

    if (strcmp(request->path, PAGE) != 0) {
        out->status = 404;
        buf_add_text(out->body, "There is only " PAGE ".\n");
        return;
    }
    pull->collect(pull->user);
    pull->encode(pull->encoder, pull->meter, &wish, out->body, &page);
    out->content_type = page.content_type;
    out->status = 200;
    clash_report(pull, page.left_out);
    if (!out->body->has_failed) {
        pull->exported += page.point_count;
        return;
    }
    self_error_add(&pull->errors, "response_too_large", page.point_count);
    report_warn("%s: the metrics are more than %d MiB, or there is no memory: nothing was "
                "answered; fewer attributes make fewer series",
                pull->type, LISTEN_BODY_MAX / (1024 * 1024));
}

/* --- life ------------------------------------------------------------------------------------- */

void pull_init(struct pull *pull, const struct pull_options *options)
{
    *pull = (struct pull){
        .listen = options->listen,
        .type = options->type,
        .encode = options->encode,
        .encoder = options->encoder,
        .meter = options->meter,
        .collect = options->collect,
        .user = options->user,
        .has_units = options->settings->prometheus.has_units,
    };
    listen_serve(pull->listen, answer, pull);
    announce(pull, options->settings);
}

void pull_release(struct pull *pull)
{
    if (pull->address[0] != '\0')
        (void)unlink(pull->address);
    listen_destroy(pull->listen);
    pull->listen = NULL;
    pull->address[0] = '\0';
}

void pull_step(struct pull *pull, bool is_ready, uint64_t now_ns)
{
    if (pull->listen != NULL && (is_ready || now_ns >= listen_next_ns(pull->listen)))
        listen_step(pull->listen, now_ns);
}

uint64_t pull_next_ns(const struct pull *pull)
{
    return pull->listen != NULL ? listen_next_ns(pull->listen) : UINT64_MAX;
}
