#include "agent/send/http_result.h"

#include "agent/send/retry.h"

#include <stdio.h>

/* What curl's own failures mean. What is not listed is a fault of ours or of the settings. */
static enum send_verdict curl_verdict(CURLcode code, bool *is_unreachable, const char **type)
{
    *is_unreachable = false;
    *type = "_OTHER";
    switch (code) {
    case CURLE_COULDNT_CONNECT:
        *is_unreachable = true;
        *type = "connection_refused";
        return SEND_RETRY;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        *is_unreachable = true;
        *type = "name_not_resolved";
        return SEND_RETRY;
    case CURLE_OPERATION_TIMEDOUT:
        *type = "timeout";
        return SEND_RETRY;
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
        *type = "connection_lost";
        return SEND_RETRY;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL: /* "HTTP/0.9": no status line; the URL's scheme was checked
                                        long ago. Seen when a kept connection closes as it is used.
                                      */
        *type = "malformed_response";
        return SEND_RETRY;
    case CURLE_HTTP2_STREAM: /* reset; with which code, libcurl does not tell */
    case CURLE_HTTP2:
        *type = "UNAVAILABLE";
        return SEND_RETRY;
    case CURLE_SSL_CONNECT_ERROR:
        *type = "tls";
        return SEND_RETRY;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
        *type = "tls";
        return SEND_REFUSED;
    case CURLE_OUT_OF_MEMORY:
        *type = "out_of_memory";
        return SEND_RETRY;
    default:
        return SEND_REFUSED;
    }
}

/* The request may have arrived. */
static bool is_unanswered(CURLcode code)
{
    switch ((int)code) {
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_HTTP2_STREAM:
    case CURLE_HTTP2:
        return true;
    default:
        return false;
    }
}

static const char *remedy(CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_CONNECT:
        return "is the collector running?";
    case CURLE_COULDNT_RESOLVE_HOST:
        return "is the name in the endpoint right?";
    case CURLE_OPERATION_TIMEDOUT:
        return "is the collector overloaded, or the time-out too short?";
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        return "does the certificate setting name the authority of the collector?";
    case CURLE_SSL_CERTPROBLEM:
        return "do the client certificate and key settings name PEM files that belong together?";
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
        return "does an OTLP/gRPC receiver listen there?";
    case CURLE_URL_MALFORMAT:
        return "the endpoint must be http://host:port/path or https://…";
    default:
        return "does an OTLP receiver listen there?";
    }
}

/* Follows the status, when there is no sense in another attempt. */
static const char *status_remedy(long status)
{
    switch (status) {
    case 401:
    case 403:
        return "; do the headers carry the right credentials?";
    case 404:
    case 405:
        return "; is the path right? an endpoint of one signal is used as it is, without v1/…";
    case 413:
        return "; the receiver's limit is below our batch: lower the batch size";
    case 415:
        return "; does the receiver take this protocol and compression?";
    default:
        return "; see the log of the receiver";
    }
}

void http_result_of_curl(struct send_result *out, CURLcode code, const char *url,
                         const char *reason)
{
    const char *type;

    out->verdict = curl_verdict(code, &out->is_unreachable, &type);
    out->is_unanswered = is_unanswered(code);
    (void)snprintf(out->error_type, sizeof out->error_type, "%s", type);
    (void)snprintf(out->message, sizeof out->message, "cannot %s %.200s: %.100s; %s",
                   out->is_unreachable ? "reach" : "send to", url,
                   reason != NULL ? reason : curl_easy_strerror(code), remedy(code));
}

void http_result_of_status(struct send_result *out, long status, const char *url)
{
    out->verdict = retry_verdict(status);
    if (out->verdict == SEND_TAKEN)
        return;
    (void)snprintf(out->error_type, sizeof out->error_type, "%ld", status);
    (void)snprintf(out->message, sizeof out->message, "%.200s answered %ld%s", url, status,
                   out->verdict == SEND_RETRY ? "" : status_remedy(status));
}

void http_result_too_large(struct send_result *out, size_t limit_bytes, const char *url)
{
    out->verdict = SEND_REFUSED;
    (void)snprintf(out->error_type, sizeof out->error_type, "response_too_large");
    (void)snprintf(out->message, sizeof out->message,
                   "%.200s answered with more than %zu bytes, so it is not known what it took; "
                   "is it an OTLP receiver?",
                   url, limit_bytes);
}
