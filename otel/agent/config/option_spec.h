/*
 * One entry of the table of options, and what its type means: for options.c, which decides what a
 * value is taken from, and for option_help.c, which tells of them.
 */
#ifndef OTEL_AGENT_OPTION_SPEC_H
#define OTEL_AGENT_OPTION_SPEC_H

#include "agent/config/options.h"

enum option_type {
    OPTION_TYPE_TEXT = 0,
    OPTION_TYPE_ENDPOINT,
    OPTION_TYPE_BOOL,
    OPTION_TYPE_PYTHON_BOOL,
    OPTION_TYPE_INT,
    OPTION_TYPE_DURATION,
    OPTION_TYPE_TIMEOUT,
    OPTION_TYPE_RATIO,
    OPTION_TYPE_CHOICE,
    OPTION_TYPE_PYTHON_CHOICE,
    OPTION_TYPE_CHOICES,
    OPTION_TYPE_PYTHON_CHOICES,
};

struct option_spec {
    const char *name;
    enum option_type type;
    const char *fallback;
    int64_t minimum;
    int64_t maximum;
    const char *accepted;
    const char *help;
};

const struct option_spec *option_spec(enum option_id id);

enum { OPTION_VARIABLE_SIZE = 128 };

/* Its variables are OTEL_PYTHON_NAME and OTEL_C_NAME. */
bool option_is_python(const struct option_spec *spec);

/* `prefix` and the name, in capitals. */
void option_variable(const struct option_spec *spec, const char *prefix,
                     char out[OPTION_VARIABLE_SIZE]);

/* Of a second variable, which counts where the first is not set; NULL: there is none. */
const char *option_older_prefix(const struct option_spec *spec);

/* The value of the variable that counts, NULL where none is set, and its name. */
const char *option_variable_read(const struct option_spec *spec, char name[OPTION_VARIABLE_SIZE]);

/* Behind the white space at the beginning. */
const char *option_text_begin(const char *text);

/*
 * Sets what the type makes of a text; false when it is not accepted. `origin` stands in the
 * warning about members of a list that are not known.
 */
bool option_value_parse(const struct option_spec *spec, const char *origin, const char *text,
                        struct option_value *out);

enum { OPTION_ACCEPTED_SIZE = 512 };

/* What would have been right, for the message about a wrong value. */
void option_accepted_describe(const struct option_spec *spec, char out[OPTION_ACCEPTED_SIZE]);

#endif
