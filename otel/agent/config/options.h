/*
 * The command line, a configuration file and the environment: option over file over default, or,
 * without a file, option over variable over default. What a value means
 * stands in option_list.h; what the launcher makes of all values together, in settings.c.
 *
 * Wrong values are reported once and the default applies (specification
 * configuration/common.md); wrong names and a missing program are the caller's mistake and end it.
 */
#ifndef OTEL_AGENT_OPTIONS_H
#define OTEL_AGENT_OPTIONS_H

#include "agent/config/option_list.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define OPTION_ID(id, ...) OPTION_##id,
enum option_id { OPTION_LIST(OPTION_ID) OPTION_COUNT };
#undef OPTION_ID

enum { OPTION_CHOICES_MAX = 8 }; /* members of a list whose order is kept */

enum option_origin {
    ORIGIN_DEFAULT = 0,
    ORIGIN_VARIABLE,
    ORIGIN_FILE,
    ORIGIN_OPTION,
};

/* A value after parsing. Texts are borrowed: from argv, from the environment, from the list. */
struct option_value {
    const char *text;
    int64_t integer;                   /* INT, DURATION, TIMEOUT; CHOICE: its place; BOOL: 0 or 1 */
    double real;                       /* RATIO */
    uint32_t bits;                     /* CHOICES: bit of each place */
    uint8_t order[OPTION_CHOICES_MAX]; /* CHOICES: 1 + place, as they were given; 0: no more */
    bool is_set;                       /* and usable; the rest holds the default otherwise */
    enum option_origin origin;
    unsigned line, column; /* of ORIGIN_FILE */
};

struct config_file;

struct options {
    struct option_value values[OPTION_COUNT];
    struct config_file *file;    /* owned; NULL: none */
    char *secrets[OPTION_COUNT]; /* owned: values that were taken out of argv */
    bool prints_yaml;            /* of OPTIONS_PRINT */
    char **program;              /* its arguments, NULL at the end; lies in argv */
};

enum options_outcome {
    OPTIONS_RUN = 0, /* start the program */
    OPTIONS_SHOWN,   /* --help or --version has been printed */
    OPTIONS_PRINT,   /* --print-config */
    OPTIONS_WRONG,   /* reported; exit status 2 */
};

/* What may be a secret in argv (config_is_secret) is overwritten there. */
enum options_outcome options_parse(int argc, char **argv, struct options *out);

/* Releases what a configuration file holds: texts of the values, too. */
void options_release(struct options *options);

/* The option that `name` (length bytes) means; OPTION_COUNT when there is none. */
enum option_id option_find(const char *name, size_t length);

const char *option_name(enum option_id id);

/* For people, and as a table in Markdown. */
void options_print_help(FILE *out);
void options_print_markdown(FILE *out);

#endif
