/* Summaries and texts without values: the cases of the convention's own list, and SQLite's. */
#include "hooks/sql_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct sql_case {
    const char *reason;
    const char *sql;
    const char *text;    /* NULL: the same as sql */
    const char *summary; /* NULL: there is none */
};

static const struct sql_case CASES[] = {
    { "integers with signs", "SELECT 12, -12, +12", "SELECT ?, ?, ?", "SELECT" },
    { "decimals", "SELECT 12.34, -12.34, +12.34, .01, -.01", "SELECT ?, ?, ?, ?, ?", "SELECT" },
    { "exponents", "SELECT 12.34e56, -12.34e56, +12.34e-56", "SELECT ?, ?, ?", "SELECT" },
    { "a sign belongs to the number behind it", "SELECT 99+100", "SELECT ??", "SELECT" },
    { "hex", "SELECT 0xDEADBEEF, 0XdeadBEEF", "SELECT ?, ?", "SELECT" },
    { "hex that ends in e before a sign", "SELECT 0xE+1", "SELECT ??", "SELECT" },
    { "string", "SELECT 'hello'", "SELECT ?", "SELECT" },
    { "quote in a string", "SELECT 'My name''s not important'", "SELECT ?", "SELECT" },
    { "newline in a string", "SELECT 'My name is \n not important'", "SELECT ?", "SELECT" },
    { "blob", "SELECT x'53514c', X''", "SELECT ?, ?", "SELECT" },
    { "booleans are values", "SELECT a FROM t WHERE b = TRUE", "SELECT a FROM t WHERE b = ?",
      "SELECT t" },
    { "string that never ends", "SELECT 'secret", "SELECT ?", "SELECT" },
    { "digits in names", "SELECT c3po, r2d2 FROM covid19 WHERE n1h1=1234",
      "SELECT c3po, r2d2 FROM covid19 WHERE n1h1=?", "SELECT covid19" },
    { "dotted names", "SELECT a FROM dbo.Table JOIN dbo.AnotherTable", NULL,
      "SELECT dbo.Table dbo.AnotherTable" },
    { "insert", "INSERT INTO X VALUES(1, 23456, 123.456, 99+100)",
      "INSERT INTO X VALUES(?, ?, ?, ?\?)", "INSERT X" },
    { "guid", "SELECT { guid '01234567-89ab-cdef-0123-456789abcdef' }", "SELECT { guid ? }",
      "SELECT" },
    { "in", "SELECT * FROM table WHERE value IN (123, 456, 'abc')",
      "SELECT * FROM table WHERE value IN (?, ?, ?)", "SELECT table" },
    { "in that is cut off", "SELECT * FROM table WHERE value IN ('abc', 0xAB, .456,",
      "SELECT * FROM table WHERE value IN (?, ?, ?,", "SELECT table" },
    { "comments", "SELECT column -- end of line comment\nFROM /* block \n comment */ table",
      "SELECT column \nFROM  table", "SELECT table" },
    { "comment that never ends", "SELECT a /* b", "SELECT a ", "SELECT" },
    { "insert from a select",
      "INSERT INTO shipping_details\n(order_id,\naddress)\nSELECT order_id,\naddress\nFROM   "
      "orders\nWHERE  order_id = 1",
      "INSERT INTO shipping_details\n(order_id,\naddress)\nSELECT order_id,\naddress\nFROM   "
      "orders\nWHERE  order_id = ?",
      "INSERT shipping_details SELECT orders" },
    { "nested select, case kept",
      "SELEcT order_date\nFROM   (sELECT *\nFROM   orders o\nJOIN customers c\nON o.customer_id = "
      "c.customer_id)",
      NULL, "SELEcT sELECT orders customers" },
    { "cross join", "SELECT * FROM Orders o CROSS JOIN OrderDetails od", NULL,
      "SELECT Orders OrderDetails" },
    { "comma join", "SELECT * FROM Orders o, OrderDetails od", NULL, "SELECT Orders OrderDetails" },
    { "comma join behind a sub-query", "SELECT * FROM (SELECT a FROM b) x, c", NULL,
      "SELECT SELECT b c" },
    { "a list of columns is no list of tables", "SELECT a, (SELECT b FROM c), d FROM e", NULL,
      "SELECT SELECT c e" },
    { "create table", "CREATE  TABLE MyTable (\n    ID NOT NULL IDENTITY(1,1) PRIMARY KEY\n)",
      "CREATE  TABLE MyTable (\n    ID NOT NULL IDENTITY(?,?) PRIMARY KEY\n)",
      "CREATE TABLE MyTable" },
    { "create table if not exists", "CREATE TEMP TABLE IF NOT EXISTS Users (Id INT)", NULL,
      "CREATE TABLE Users" },
    { "alter table", "ALTER  TABLE MyTable ADD Name varchar(255)",
      "ALTER  TABLE MyTable ADD Name varchar(?)", "ALTER TABLE MyTable" },
    { "drop table", "DROP  TABLE MyTable", NULL, "DROP TABLE MyTable" },
    { "create index", "CREATE UNIQUE INDEX IX_Email ON Employees (Email);", NULL,
      "CREATE INDEX IX_Email" },
    { "create view tells of the view alone", "CREATE VIEW Active AS SELECT * FROM Users", NULL,
      "CREATE VIEW Active" },
    { "a trigger's statements are its own",
      "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE b SET c = d; DELETE FROM e; END;", NULL,
      "CREATE TRIGGER t" },
    { "keyword in front of a name", "SELECT * FROM SelectedData", NULL, "SELECT SelectedData" },
    { "distinct", "SELECT DISTINCT Country FROM Countries", NULL, "SELECT Countries" },
    { "is distinct from", "SELECT a FROM t WHERE b IS DISTINCT FROM c", NULL, "SELECT t" },
    { "union", "SELECT Id FROM Customers UNION ALL SELECT Id FROM Suppliers ORDER BY Id", NULL,
      "SELECT Customers Suppliers" },
    { "joins and groups",
      "SELECT o.Id, SUM(i.Q) FROM Orders o JOIN Customers c ON o.C = c.Id JOIN Items i ON o.Id = "
      "i.O GROUP BY o.Id, c.Name;",
      NULL, "SELECT Orders Customers Items" },
    { "the board's own select", "SELECT seq, title FROM board ORDER BY seq LIMIT ?1", NULL,
      "SELECT board" },
    { "the board's own insert", "INSERT INTO log_api (user_ip, user_id) VALUES (?1, :id)", NULL,
      "INSERT log_api" },
    { "insert or replace", "INSERT OR REPLACE INTO t VALUES (?)", NULL, "INSERT t" },
    { "replace", "REPLACE INTO t VALUES (?)", NULL, "REPLACE t" },
    { "upsert", "INSERT INTO t (a) VALUES (?) ON CONFLICT (a) DO UPDATE SET a = excluded.a", NULL,
      "INSERT t" },
    { "update", "UPDATE OR IGNORE t SET a = ? WHERE b = ?", NULL, "UPDATE t" },
    { "delete", "DELETE FROM t WHERE a = ?", NULL, "DELETE t" },
    { "common table expression", "WITH x AS (SELECT a FROM t) SELECT * FROM x", NULL,
      "SELECT t SELECT x" },
    { "common table expression that deletes", "WITH x AS (SELECT a FROM t) DELETE FROM y", NULL,
      "SELECT t DELETE y" },
    { "quoted names keep their quotes", "SELECT \"a b\" FROM \"my table\", [b c], `d`", NULL,
      "SELECT \"my table\" [b c] `d`" },
    { "quoted dotted name", "SELECT a FROM main.\"my table\"", NULL, "SELECT main.\"my table\"" },
    { "double quotes that are compared", "SELECT a FROM t WHERE b = \"secret\"",
      "SELECT a FROM t WHERE b = ?", "SELECT t" },
    { "double quotes that are listed", "INSERT INTO t VALUES (\"secret\", \"x\")",
      "INSERT INTO t VALUES (?, ?)", "INSERT t" },
    { "table-valued function", "SELECT value FROM json_each(?)", NULL, "SELECT json_each" },
    { "vacuum", "VACUUM", NULL, "VACUUM" },
    { "other alphabets", "SELECT \xc3\xa4 FROM \xc3\xb6", NULL, "SELECT \xc3\xb6" },
    { "begin", "BEGIN IMMEDIATE", NULL, NULL },
    { "commit", "commit", NULL, NULL },
    { "end", "END TRANSACTION;", NULL, NULL },
    { "rollback", "ROLLBACK TO a", NULL, NULL },
    { "savepoint", "SAVEPOINT a", NULL, NULL },
    { "release", "RELEASE a", NULL, NULL },
    { "pragma", "PRAGMA table_info(board)", NULL, NULL },
    { "explain", "EXPLAIN QUERY PLAN SELECT a FROM t", NULL, NULL },
    { "nothing", "", NULL, NULL },
    { "comment alone", " -- SELECT a FROM t", " ", NULL },
    { "several that share a summary", "INSERT INTO t VALUES (1); INSERT INTO t VALUES (2);",
      "INSERT INTO t VALUES (?); INSERT INTO t VALUES (?);", "BATCH INSERT t" },
    { "several that do not", "INSERT INTO t VALUES (1); DELETE FROM u; DELETE FROM u",
      "INSERT INTO t VALUES (?); DELETE FROM u; DELETE FROM u", "BATCH" },
    { "one in a transaction", "BEGIN; DELETE FROM u; COMMIT", NULL, "DELETE u" },
};

static void test_texts_and_summaries_are_as_the_convention_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        const struct sql_case *c = &CASES[i];
        const char *wanted_text = c->text ? c->text : c->sql;
        char text[512];
        struct sql_summary summary;
        size_t length = sql_sanitise(c->sql, strlen(c->sql), text, sizeof(text));

        sql_summarise(c->sql, strlen(c->sql), &summary);
        if (strcmp(text, wanted_text) != 0 || strlen(text) != length ||
            strcmp(summary.text, c->summary ? c->summary : "") != 0 ||
            (summary.statement_count == 0) != (c->summary == NULL))
            fail_msg("%s: text \"%s\", summary \"%s\" of %u", c->reason, text, summary.text,
                     summary.statement_count);
    }
}

static void test_statements_are_counted_without_those_that_steer(void **state)
{
    static const char SQL[] = "BEGIN; INSERT INTO a VALUES (1);; DELETE FROM b; COMMIT";
    struct sql_summary summary;
    (void)state;

    sql_summarise(SQL, sizeof(SQL) - 1, &summary);

    assert_int_equal(summary.statement_count, 2);
}

static void test_a_summary_is_cut_at_a_word_and_nothing_follows(void **state)
{
    char name[250];
    char sql[600];
    struct sql_summary summary;
    int length;
    (void)state;

    /* "SELECT " and 248 letters are the 255 that fit. */
    memset(name, 'n', sizeof(name));
    length = snprintf(sql, sizeof(sql), "SELECT * FROM %.248s JOIN b", name);
    sql_summarise(sql, (size_t)length, &summary);
    assert_int_equal(summary.length, 255);

    length = snprintf(sql, sizeof(sql), "SELECT * FROM %.249s JOIN b", name);
    sql_summarise(sql, (size_t)length, &summary);
    assert_string_equal(summary.text, "SELECT");
}

static void test_a_text_is_cut_at_a_character(void **state)
{
    static const char SQL[] = "SELECT \xc3\xa4\xc3\xa4";
    char out[16];
    (void)state;

    assert_int_equal(sql_sanitise(SQL, sizeof(SQL) - 1, out, 12), 11);
    assert_int_equal(sql_sanitise(SQL, sizeof(SQL) - 1, out, 11), 9);
    assert_string_equal(out, "SELECT \xc3\xa4");
    assert_int_equal(sql_sanitise(SQL, sizeof(SQL) - 1, out, 1), 0);
    assert_string_equal(out, "");
}

/* Every beginning of every case, in memory of exactly its size: nothing is read behind its end. */
static void test_no_beginning_of_a_text_is_read_past(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        size_t whole = strlen(CASES[i].sql);

        for (size_t length = 0; length <= whole; length++) {
            char *copy = malloc(length + 1);
            char out[512];
            struct sql_summary summary;

            assert_non_null(copy);
            memcpy(copy + 1, CASES[i].sql, length);
            sql_summarise(copy + 1, length, &summary);
            assert_true(sql_sanitise(copy + 1, length, out, sizeof(out)) < sizeof(out));
            free(copy);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts_and_summaries_are_as_the_convention_says),
        cmocka_unit_test(test_statements_are_counted_without_those_that_steer),
        cmocka_unit_test(test_a_summary_is_cut_at_a_word_and_nothing_follows),
        cmocka_unit_test(test_a_text_is_cut_at_a_character),
        cmocka_unit_test(test_no_beginning_of_a_text_is_read_past),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
