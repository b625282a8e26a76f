/* See sql_text.h. */
#include "hooks/sql_text.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

/* --- tokens --------------------------------------------------------------------------------------
 */

enum token_kind {
    TOKEN_END = 0,
    TOKEN_SPACE,
    TOKEN_COMMENT,
    TOKEN_WORD,    /* keyword or name, with its quotes and dots: main."my table" */
    TOKEN_LITERAL, /* number with its sign, string, blob */
    TOKEN_PARAM,   /* ?, ?1, :name, @name, $name */
    TOKEN_SYMBOL,  /* one byte */
};

struct token {
    enum token_kind kind;
    const char *text;
    size_t length;
};

struct scan {
    const char *at;
    const char *end;
};

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' ||
           c == '$' || (unsigned char)c >= 0x80;
}

static char peek(const struct scan *scan, size_t ahead)
{
    return ahead < (size_t)(scan->end - scan->at) ? scan->at[ahead] : '\0';
}

/* Past a quoted run that begins here; the quote doubled is the quote itself. */
static void skip_quoted(struct scan *scan, char close)
{
    scan->at++;
    while (scan->at < scan->end) {
        bool is_close = *scan->at++ == close;

        if (is_close && peek(scan, 0) != close)
            return;
        if (is_close)
            scan->at++;
    }
}

static void skip_while(struct scan *scan, bool (*belongs)(char))
{
    while (scan->at < scan->end && belongs(*scan->at))
        scan->at++;
}

static void skip_comment(struct scan *scan)
{
    const char *close = NULL;
    size_t left = (size_t)(scan->end - scan->at);

    if (*scan->at == '-') {
        close = memchr(scan->at, '\n', left);
    } else {
        close = memmem(scan->at + 2, left - 2, "*/", 2);
        close = close ? close + 2 : NULL;
    }
    scan->at = close ? close : scan->end;
}

static bool is_number_here(const struct scan *scan)
{
    size_t sign = peek(scan, 0) == '-' || peek(scan, 0) == '+' ? 1 : 0;

    return is_digit(peek(scan, sign)) ||
           (peek(scan, sign) == '.' && is_digit(peek(scan, sign + 1)));
}

/* Digits, hex digits, points and exponents alike: what follows a number unspaced belongs to it. */
static void skip_number(struct scan *scan)
{
    bool is_hex;

    if (*scan->at == '-' || *scan->at == '+')
        scan->at++;
    is_hex = peek(scan, 0) == '0' && (peek(scan, 1) | 0x20) == 'x';
    while (scan->at < scan->end && (is_word(*scan->at) || *scan->at == '.')) {
        bool is_exponent = !is_hex && (*scan->at | 0x20) == 'e';

        scan->at++;
        if (is_exponent && (peek(scan, 0) == '+' || peek(scan, 0) == '-'))
            scan->at++;
    }
}

static char closing_quote(char open)
{
    switch (open) {
    case '"':
    case '`':
        return open;
    case '[':
        return ']';
    default:
        return '\0';
    }
}

/* A name with its quotes and the names behind its dots. */
static void skip_word(struct scan *scan)
{
    for (;;) {
        char close = closing_quote(*scan->at);

        if (close)
            skip_quoted(scan, close);
        else
            skip_while(scan, is_word);
        if (peek(scan, 0) != '.' || !(is_word(peek(scan, 1)) || closing_quote(peek(scan, 1))))
            return;
        scan->at++;
    }
}

static bool is_comment_here(const struct scan *scan)
{
    return (peek(scan, 0) == '-' && peek(scan, 1) == '-') ||
           (peek(scan, 0) == '/' && peek(scan, 1) == '*');
}

static struct token token_next(struct scan *scan)
{
    struct token token = { TOKEN_END, scan->at, 0 };
    char first = peek(scan, 0);

    if (scan->at >= scan->end)
        return token;
    if (is_space(first)) {
        token.kind = TOKEN_SPACE;
        skip_while(scan, is_space);
    } else if (is_comment_here(scan)) {
        token.kind = TOKEN_COMMENT;
        skip_comment(scan);
    } else if (is_number_here(scan)) {
        token.kind = TOKEN_LITERAL;
        skip_number(scan);
    } else if (first == '\'') {
        token.kind = TOKEN_LITERAL;
        skip_quoted(scan, '\'');
    } else if ((first | 0x20) == 'x' && peek(scan, 1) == '\'') {
        token.kind = TOKEN_LITERAL;
        scan->at++;
        skip_quoted(scan, '\'');
    } else if (first == '?' ||
               ((first == ':' || first == '@' || first == '$') && is_word(peek(scan, 1)))) {
        token.kind = TOKEN_PARAM;
        scan->at++;
        skip_while(scan, is_word);
    } else if (is_word(first) || closing_quote(first)) {
        token.kind = TOKEN_WORD;
        skip_word(scan);
    } else {
        token.kind = TOKEN_SYMBOL;
        scan->at++;
    }
    token.length = (size_t)(scan->at - token.text);
    return token;
}

static bool word_is(const struct token *token, const char *wanted)
{
    return token->kind == TOKEN_WORD && token->length == strlen(wanted) &&
           strncasecmp(token->text, wanted, token->length) == 0;
}

/* `words`: upper case, NULL at the end. */
static bool word_is_one(const struct token *token, const char *const *words)
{
    while (*words && !word_is(token, *words))
        words++;
    return *words != NULL;
}

static const struct token NO_TOKEN = { TOKEN_END, "", 0 };

/* --- summary -------------------------------------------------------------------------------------
 */

enum expectation {
    EXPECT_NOTHING = 0,
    EXPECT_TARGET,      /* the next word is a table */
    EXPECT_OBJECT_KIND, /* CREATE …: TABLE */
    EXPECT_OBJECT_NAME, /* CREATE TABLE …: its name */
    EXPECT_END,         /* nothing more to tell of this statement */
};

/* One statement under way. */
struct statement {
    enum expectation expectation;
    bool has_begun;
    bool is_silent;
    bool is_trigger; /* its body has statements and semicolons of its own */
    bool is_full;
    unsigned depth;     /* of parentheses */
    uint64_t in_tables; /* bit per depth: in a list of tables, where a comma brings another */
    struct token before;
    size_t length;
    char text[SQL_SUMMARY_BYTES];
};

static void statement_add(struct statement *statement, const struct token *token)
{
    size_t separator = statement->length > 0 ? 1 : 0;

    /* Cut at a word's border, and nothing behind the cut. */
    if (statement->is_full ||
        statement->length + separator + token->length >= sizeof(statement->text)) {
        statement->is_full = true;
        return;
    }
    if (separator)
        statement->text[statement->length++] = ' ';
    memcpy(statement->text + statement->length, token->text, token->length);
    statement->length += token->length;
}

static uint64_t depth_bit(const struct statement *statement)
{
    return UINT64_C(1) << (statement->depth & 63);
}

static void statement_begin(struct statement *statement, const struct token *word)
{
    static const char *const SILENT[] = { "BEGIN",   "COMMIT", "END",     "ROLLBACK", "SAVEPOINT",
                                          "RELEASE", "PRAGMA", "EXPLAIN", NULL };
    static const char *const OBJECT[] = { "CREATE", "ALTER", "DROP", NULL };
    static const char *const TARGET[] = { "UPDATE", "ANALYZE", "REINDEX", NULL };

    statement->has_begun = true;
    if (word_is_one(word, SILENT)) {
        statement->is_silent = true;
        statement->expectation = EXPECT_END;
        return;
    }
    if (word_is(word, "WITH"))
        return;
    statement_add(statement, word);
    if (word_is_one(word, OBJECT))
        statement->expectation = EXPECT_OBJECT_KIND;
    else if (word_is_one(word, TARGET))
        statement->expectation = EXPECT_TARGET;
}

/* A word in the body of a statement, where no name is expected. */
static void statement_keyword(struct statement *statement, const struct token *word)
{
    static const char *const COMPOUND[] = { "UNION", "ALL", "INTERSECT", "EXCEPT", NULL };
    static const char *const AFTER_TABLES[] = { "WHERE",  "GROUP",  "ORDER",     "HAVING",
                                                "LIMIT",  "SET",    "VALUES",    "UNION",
                                                "EXCEPT", "WINDOW", "INTERSECT", "RETURNING",
                                                NULL };
    static const char *const OPERATIONS[] = { "INSERT", "DELETE", "REPLACE", NULL };

    if (word_is(word, "SELECT")) {
        statement->in_tables &= ~depth_bit(statement);
        statement->expectation = EXPECT_NOTHING;
        if (!word_is_one(&statement->before, COMPOUND))
            statement_add(statement, word);
    } else if (word_is(word, "FROM")) {
        if (word_is(&statement->before, "DISTINCT")) /* a IS DISTINCT FROM b */
            return;
        statement->in_tables |= depth_bit(statement);
        statement->expectation = EXPECT_TARGET;
    } else if (word_is(word, "JOIN") || word_is(word, "INTO")) {
        statement->expectation = EXPECT_TARGET;
    } else if (word_is_one(word, AFTER_TABLES)) {
        statement->in_tables &= ~depth_bit(statement);
    } else if (statement->before.kind == TOKEN_SYMBOL && *statement->before.text == ')' &&
               statement->depth == 0 && word_is_one(word, OPERATIONS)) {
        statement_add(statement, word); /* WITH … AS (…) INSERT */
    } else if (statement->before.kind == TOKEN_SYMBOL && *statement->before.text == ')' &&
               statement->depth == 0 && word_is(word, "UPDATE")) {
        statement_add(statement, word);
        statement->expectation = EXPECT_TARGET;
    }
}

static void statement_word(struct statement *statement, const struct token *word)
{
    static const char *const OBJECT_KINDS[] = { "TABLE",     "INDEX",  "VIEW",     "TRIGGER",
                                                "DATABASE",  "SCHEMA", "SEQUENCE", "FUNCTION",
                                                "PROCEDURE", "USER",   "ROLE",     NULL };
    static const char *const BEFORE_NAME[] = { "IF", "NOT", "EXISTS", NULL };
    static const char *const BEFORE_TARGET[] = { "OR",   "IGNORE",   "REPLACE", "ABORT",
                                                 "FAIL", "ROLLBACK", "ONLY",    NULL };

    switch (statement->expectation) {
    case EXPECT_TARGET:
        if (word_is(word, "SELECT")) {
            statement_keyword(statement, word);
        } else if (!word_is_one(word, BEFORE_TARGET)) {
            statement_add(statement, word);
            statement->expectation = EXPECT_NOTHING;
        }
        break;
    case EXPECT_OBJECT_KIND:
        if (word_is_one(word, OBJECT_KINDS)) {
            statement_add(statement, word);
            statement->is_trigger =
                word_is(word, "TRIGGER") && word_is(&statement->before, "CREATE");
            statement->expectation = EXPECT_OBJECT_NAME;
        }
        break;
    case EXPECT_OBJECT_NAME:
        if (!word_is_one(word, BEFORE_NAME)) {
            statement_add(statement, word);
            statement->expectation = EXPECT_END;
        }
        break;
    case EXPECT_NOTHING:
        statement_keyword(statement, word);
        break;
    case EXPECT_END:
        break;
    }
}

static void statement_symbol(struct statement *statement, char symbol)
{
    if (symbol == '(') {
        statement->depth++;
        statement->in_tables &= ~depth_bit(statement);
    } else if (symbol == ')' && statement->depth > 0) {
        statement->depth--;
    } else if (symbol == ',' && (statement->in_tables & depth_bit(statement)) &&
               statement->expectation == EXPECT_NOTHING) {
        statement->expectation = EXPECT_TARGET;
    }
}

/* The statement is over: its summary joins those before it. */
static void summary_add(struct sql_summary *summary, const struct statement *statement)
{
    if (!statement->has_begun || statement->is_silent || statement->length == 0)
        return;
    if (summary->statement_count++ == 0) {
        summary->length = statement->length;
        memcpy(summary->text, statement->text, statement->length);
    } else if (summary->length != statement->length ||
               memcmp(summary->text, statement->text, statement->length) != 0) {
        summary->length = 0; /* they differ; none is as short as this, so it stays so */
    }
}

/* "BATCH" or "BATCH summary" in front of what several statements share. */
static void summary_finish(struct sql_summary *summary)
{
    static const char BATCH[] = "BATCH ";
    size_t prefix = sizeof(BATCH) - 1;

    if (summary->statement_count > 1) {
        if (summary->length == 0 || prefix + summary->length >= sizeof(summary->text)) {
            prefix--;
            summary->length = 0;
        }
        memmove(summary->text + prefix, summary->text, summary->length);
        memcpy(summary->text, BATCH, prefix);
        summary->length += prefix;
    }
    summary->text[summary->length] = '\0';
}

void sql_summarise(const char *sql, size_t length, struct sql_summary *out)
{
    struct scan scan = { sql, sql + length };
    struct statement statement = { .before = NO_TOKEN };
    struct token token;

    out->statement_count = 0;
    out->length = 0;
    while ((token = token_next(&scan)).kind != TOKEN_END) {
        if (token.kind == TOKEN_SPACE || token.kind == TOKEN_COMMENT)
            continue;
        if (token.kind == TOKEN_SYMBOL && *token.text == ';' &&
            (!statement.is_trigger || word_is(&statement.before, "END"))) {
            summary_add(out, &statement);
            statement = (struct statement){ .before = NO_TOKEN };
            continue;
        }
        if (token.kind == TOKEN_WORD && !statement.has_begun)
            statement_begin(&statement, &token);
        else if (token.kind == TOKEN_WORD)
            statement_word(&statement, &token);
        else if (token.kind == TOKEN_SYMBOL)
            statement_symbol(&statement, *token.text);
        statement.before = token;
    }
    summary_add(out, &statement);
    summary_finish(out);
}

/* --- text ----------------------------------------------------------------------------------------
 */

/*
 * SQLite takes "text" for a string where no column has that name: then it is a value. Compared
 * or listed, it is more likely one than not.
 */
struct quoting {
    bool is_listed; /* in VALUES (…) or IN (…) */
    bool is_compared;
};

static void quoting_step(struct quoting *quoting, const struct token *token)
{
    static const char *const COMPARES[] = { "LIKE", "GLOB", "MATCH", "REGEXP", "IS", NULL };
    static const char *const LISTS[] = { "VALUES", "IN", NULL };
    static const char *const ENDS[] = { "SELECT", "FROM",  "WHERE", "ON",        "AND",
                                        "OR",     "ORDER", "GROUP", "RETURNING", NULL };

    quoting->is_compared = word_is_one(token, COMPARES) ||
                           (token->kind == TOKEN_SYMBOL && memchr("=<>|", *token->text, 4) != NULL);
    if (word_is_one(token, LISTS))
        quoting->is_listed = true;
    else if (word_is_one(token, ENDS))
        quoting->is_listed = false;
}

static bool token_is_value(const struct token *token, const struct quoting *quoting)
{
    if (token->kind == TOKEN_LITERAL || word_is(token, "TRUE") || word_is(token, "FALSE"))
        return true;
    return token->kind == TOKEN_WORD && *token->text == '"' &&
           token->text[token->length - 1] == '"' && (quoting->is_listed || quoting->is_compared);
}

/* Bytes of `text` that fit without cutting a UTF-8 character. */
static size_t fitting(const char *text, size_t length, size_t room)
{
    if (length <= room)
        return length;
    while (room > 0 && ((unsigned char)text[room] & 0xc0) == 0x80)
        room--;
    return room;
}

size_t sql_sanitise(const char *sql, size_t length, char *out, size_t size)
{
    struct scan scan = { sql, sql + length };
    struct quoting quoting = { false, false };
    size_t used = 0;
    struct token token;

    while (used + 1 < size && (token = token_next(&scan)).kind != TOKEN_END) {
        size_t kept;

        if (token.kind == TOKEN_COMMENT)
            continue;
        if (token_is_value(&token, &quoting)) {
            out[used++] = '?';
        } else {
            kept = fitting(token.text, token.length, size - 1 - used);
            memcpy(out + used, token.text, kept);
            used += kept;
            if (kept < token.length)
                break;
        }
        if (token.kind != TOKEN_SPACE)
            quoting_step(&quoting, &token);
    }
    if (size > 0)
        out[used] = '\0';
    return used;
}
