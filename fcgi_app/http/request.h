/*
 * What the service asks of a request, copied out of its FastCGI parameters, each with a limit of
 * its own. Everything else that a client sends is never looked at here.
 */
#ifndef BOARD_HTTP_REQUEST_H
#define BOARD_HTTP_REQUEST_H

#include "http/status.h"

#include <stdbool.h>
#include <stddef.h>

enum http_method { HTTP_METHOD_OTHER = 0, HTTP_METHOD_GET, HTTP_METHOD_HEAD, HTTP_METHOD_OPTIONS };

enum {
    HTTP_PATH_BYTES = 16 * 1024, /* twice what nginx takes in a request line by default */
    HTTP_ACCEPT_BYTES = 1024,
    HTTP_ADDRESS_BYTES = 64, /* an IPv6 address with its zone */
    HTTP_REQUEST_ID_BYTES = 65,
    HTTP_QUERY_BYTES = 512,
    HTTP_FRONT_TIME_BYTES = 32,
};

struct http_request {
    enum http_method method;
    size_t path_length;
    char path[HTTP_PATH_BYTES]; /* decoded by the front: DOCUMENT_URI */
    char accept[HTTP_ACCEPT_BYTES];
    char client_address[HTTP_ADDRESS_BYTES];
    char request_id[HTTP_REQUEST_ID_BYTES]; /* the front's; empty: none */
    char query[HTTP_QUERY_BYTES];           /* as the client sent it */
    char front_time[HTTP_FRONT_TIME_BYTES]; /* "seconds.milliseconds" of the wall clock */
    bool is_suppressed;                     /* the front wants it neither traced nor counted */
};

/*
 * Reads "NAME=value" texts, the last one NULL. HTTP_OK, HTTP_URI_TOO_LONG, or HTTP_BAD_REQUEST
 * when the front passes no path. Other values past their limit are taken as not given.
 */
enum http_status request_read(struct http_request *out, const char *const *params);

/* True when the client would rather have HTML than JSON: both weights by RFC 9110, 12.5.1. */
bool request_prefers_html(const struct http_request *request);

#endif
