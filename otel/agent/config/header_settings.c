#include "agent/config/header_settings.h"

#include "agent/config/options.h"
#include "agent/report.h"
#include "base/mem.h"
#include "segment/layout.h"

#include <ctype.h>
#include <regex.h>
#include <string.h>

enum { SECRETS_MAX = 32, SECRET_BYTES_MAX = 256 };

struct secrets {
    size_t count;
    regex_t expressions[SECRETS_MAX];
};

/* --- whose values are secret ------------------------------------------------------------------ */

static void secret_add(struct secrets *secrets, const char *text, size_t length)
{
    const char *option = option_name(OPTION_SANITIZE_FIELDS);
    char expression[SECRET_BYTES_MAX], why[128];
    int error;

    while (length > 0 && isspace((unsigned char)*text)) {
        text++;
        length--;
    }
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        length--;
    if (length == 0)
        return;
    if (length >= sizeof expression || secrets->count == SECRETS_MAX) {
        report_warn("--%s: %.*s is left out: at most %d of less than %d letters", option,
                    (int)length, text, SECRETS_MAX, SECRET_BYTES_MAX);
        return;
    }
    memcpy(expression, text, length);
    expression[length] = '\0';
    error = regcomp(&secrets->expressions[secrets->count], expression, REG_EXTENDED | REG_ICASE);
    if (error == 0) {
        secrets->count++;
        return;
    }
    (void)regerror(error, &secrets->expressions[secrets->count], why, sizeof why);
    report_warn("--%s: %s is left out: %s", option, expression, why);
}

static void secrets_init(struct secrets *secrets, const char *list)
{
    secrets->count = 0;
    while (*list) {
        size_t size = strcspn(list, ",");

        secret_add(secrets, list, size);
        list += size + (list[size] == ',');
    }
}

static void secrets_release(struct secrets *secrets)
{
    for (size_t i = 0; i < secrets->count; i++)
        regfree(&secrets->expressions[i]);
}

static bool is_secret(const struct secrets *secrets, const char *name)
{
    regmatch_t match;

    for (size_t i = 0; i < secrets->count; i++)
        if (regexec(&secrets->expressions[i], name, 1, &match, 0) == 0 && match.rm_so == 0)
            return true;
    return false;
}

/* --- lists ------------------------------------------------------------------------------------ */

/* In lower case and without blanks; "=" is the list's own sign. */
static size_t name_write(const char *given, size_t size, char *out)
{
    size_t length = 0;

    for (size_t i = 0; i < size; i++)
        if (!isspace((unsigned char)given[i]) && given[i] != '=')
            out[length++] = (char)tolower((unsigned char)given[i]);
    out[length] = '\0';
    return length;
}

static char *list_derive(const struct options *options, enum option_id id,
                         const struct secrets *secrets)
{
    const char *given = options->values[id].text;
    size_t length = 0;
    /* Each name may grow by its sign. */
    char *out = mem_alloc(2 * strlen(given) + 2);

    if (!out)
        return NULL;
    out[0] = '\0';
    while (*given) {
        size_t size = strcspn(given, ",");
        size_t start = length + (length > 0); /* behind a comma */
        size_t end = start + name_write(given, size, out + start);

        if (end > start && is_secret(secrets, out + start))
            out[end++] = '=';
        if (end >= SEGMENT_HEADERS_BYTES) {
            report_warn("--%s: only the first %zu bytes are used", option_name(id), length);
            break;
        }
        if (end > start) {
            if (start > length)
                out[length] = ',';
            length = end;
        }
        given += size + (given[size] == ',');
    }
    out[length] = '\0';
    return out;
}

bool header_settings_derive(const struct options *options, struct settings *out)
{
    struct secrets secrets;

    secrets_init(&secrets, options->values[OPTION_SANITIZE_FIELDS].text);
    out->request_headers = list_derive(options, OPTION_REQUEST_HEADERS, &secrets);
    out->response_headers = list_derive(options, OPTION_RESPONSE_HEADERS, &secrets);
    out->known_methods = mem_strdup(options->values[OPTION_KNOWN_METHODS].text);
    secrets_release(&secrets);
    return out->request_headers && out->response_headers && out->known_methods;
}
