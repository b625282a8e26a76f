#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/send/listen.h"
#include "base/clock.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { STEPS_MAX = 2000, BIG_BYTES = 8 * 1024 * 1024 };

struct fixture {
    struct listen *listen;
    uint64_t now_ns; /* the test's own clock */
    unsigned answered;
};

static void answer(void *user, const struct listen_request *request, struct listen_answer *out)
{
    struct fixture *fixture = user;

    fixture->answered++;
    out->status = strcmp(request->path, "/none") == 0 ? 404 : 200;
    if (strcmp(request->path, "/big") == 0 && buf_reserve(out->body, BIG_BYTES)) {
        memset(out->body->data, 'x', BIG_BYTES);
        out->body->length = BIG_BYTES;
    } else if (strcmp(request->path, "/huge") == 0) {
        out->body->has_failed = true;
    } else if (out->status == 200) {
        buf_add_format(out->body, "accept=%s", request->accept);
    }
}

static int fixture_begin(void **state)
{
    static struct fixture fixture;
    const char *reason;

    fixture = (struct fixture){ .now_ns = CLOCK_NS_PER_S };
    fixture.listen = listen_create("127.0.0.1", 0, &reason);
    if (fixture.listen == NULL)
        return -1;
    listen_serve(fixture.listen, answer, &fixture);
    *state = &fixture;
    return 0;
}

static int fixture_end(void **state)
{
    listen_destroy(((struct fixture *)*state)->listen);
    return 0;
}

static int client(const struct fixture *fixture)
{
    struct sockaddr_in name = { .sin_family = AF_INET,
                                .sin_port = htons(listen_port(fixture->listen)),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(connect(fd, (const struct sockaddr *)&name, sizeof name), 0);
    return fd;
}

static void say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static void step(struct fixture *fixture, unsigned times)
{
    while (times-- > 0)
        listen_step(fixture->listen, fixture->now_ns);
}

/* Steps until `length` bytes or the end came; gives their number. */
static ssize_t hear(struct fixture *fixture, int fd, char *out, size_t length)
{
    size_t used = 0;

    for (int i = 0; i < STEPS_MAX && used < length; i++) {
        ssize_t got;

        step(fixture, 1);
        got = recv(fd, out + used, length - used, MSG_DONTWAIT);
        if (got == 0)
            break;
        used += got > 0 ? (size_t)got : 0;
    }
    if (used < length)
        out[used] = '\0';
    return (ssize_t)used;
}

/* One answer, known by its length. */
static void assert_answer(struct fixture *fixture, int fd, const char *expected)
{
    char text[1024];

    assert_true(strlen(expected) < sizeof text);
    assert_int_equal(hear(fixture, fd, text, strlen(expected)), strlen(expected));
    assert_memory_equal(text, expected, strlen(expected));
}

static bool is_closed(struct fixture *fixture, int fd)
{
    char byte;

    step(fixture, 4);
    return recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
}

#define OK_HEAD "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: "

static void test_connection_is_kept_for_requests_that_come_in_pieces(void **state)
{
    struct fixture *fixture = *state;
    int fd = client(fixture);

    say(fd, "GET /a HTTP/1.1\r\nAccept: x/y\r\n");
    step(fixture, 4);
    assert_int_equal(fixture->answered, 0);
    say(fd, "\r\n");
    assert_answer(fixture, fd, OK_HEAD "10\r\n\r\naccept=x/y");
    say(fd, "HEAD /a HTTP/1.1\r\n\r\n");
    assert_answer(fixture, fd, OK_HEAD "7\r\n\r\n");
    say(fd, "GET /none HTTP/1.1\r\n\r\n");
    assert_answer(fixture, fd,
                  "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain; charset=utf-8\r\n"
                  "Content-Length: 14\r\n\r\n404 Not Found\n");
    assert_false(is_closed(fixture, fd));
    close(fd);
}

static void test_what_is_refused_is_the_last_of_its_connection(void **state)
{
    static const struct {
        const char *request, *begin;
    } CASES[] = {
        { "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
          "HTTP/1.1 405 Method Not Allowed\r\n" },
        { "rubbish\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n" },
        { "GET / HTTP/3.0\r\n\r\n", "HTTP/1.1 505 HTTP Version Not Supported\r\n" },
        { "GET / HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK\r\n" },
        { "GET / HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n" },
        { "GET /huge HTTP/1.1\r\nConnection: close\r\n\r\n",
          "HTTP/1.1 500 Internal Server Error\r\n" },
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        char text[1024] = "";
        int fd = client(fixture);

        say(fd, CASES[i].request);
        assert_true(hear(fixture, fd, text, sizeof text) > 0); /* up to the end */
        assert_memory_equal(text, CASES[i].begin, strlen(CASES[i].begin));
        assert_non_null(strstr(text, "Connection: close\r\n"));
        close(fd);
    }
}

static void test_a_request_has_a_limit_of_bytes(void **state)
{
    struct fixture *fixture = *state;
    char text[1024], line[] = "X: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n";
    int fd = client(fixture);

    say(fd, "GET / HTTP/1.1\r\n");
    for (size_t sent = 0; sent <= LISTEN_REQUEST_MAX; sent += sizeof line - 1)
        say(fd, line);
    assert_true(hear(fixture, fd, text, sizeof text) > 0);
    assert_memory_equal(text, "HTTP/1.1 431 ", 13);
    assert_int_equal(fixture->answered, 0);
    close(fd);
}

static void test_slow_clients_are_not_waited_for(void **state)
{
    struct fixture *fixture = *state;
    int silent = client(fixture), slow = client(fixture), deaf = client(fixture);
    static char text[2 * BIG_BYTES];

    say(slow, "GET /");
    say(deaf, "GET /big HTTP/1.1\r\n\r\n");
    step(fixture, 8);
    assert_int_equal(listen_next_ns(fixture->listen), fixture->now_ns + 10 * CLOCK_NS_PER_S);
    fixture->now_ns += 11 * CLOCK_NS_PER_S;
    assert_true(is_closed(fixture, silent));
    assert_true(is_closed(fixture, slow));
    fixture->now_ns += 31 * CLOCK_NS_PER_S;
    step(fixture, 1);
    assert_int_equal(listen_next_ns(fixture->listen), UINT64_MAX);
    assert_true(hear(fixture, deaf, text, sizeof text) < BIG_BYTES);
    close(silent);
    close(slow);
    close(deaf);
}

static void test_large_answer_goes_out_as_the_client_reads(void **state)
{
    struct fixture *fixture = *state;
    static char text[BIG_BYTES + 1024];
    int fd = client(fixture);

    say(fd, "GET /big HTTP/1.1\r\nConnection: close\r\n\r\n");
    assert_in_range(hear(fixture, fd, text, sizeof text), BIG_BYTES + 50, BIG_BYTES + 200);
    close(fd);
}

static void test_the_connection_that_is_idle_longest_gives_way(void **state)
{
    struct fixture *fixture = *state;
    int fds[LISTEN_CONNECTIONS_MAX + 1];

    for (int i = 0; i <= LISTEN_CONNECTIONS_MAX; i++) {
        fixture->now_ns += CLOCK_NS_PER_MS;
        fds[i] = client(fixture);
        step(fixture, 2);
    }
    assert_true(is_closed(fixture, fds[0]));
    assert_false(is_closed(fixture, fds[1]));
    say(fds[LISTEN_CONNECTIONS_MAX], "GET / HTTP/1.1\r\n\r\n");
    assert_answer(fixture, fds[LISTEN_CONNECTIONS_MAX], OK_HEAD "7\r\n\r\naccept=");
    for (int i = 0; i <= LISTEN_CONNECTIONS_MAX; i++)
        close(fds[i]);
}

static void test_next_free_port_is_taken(void **state)
{
    struct fixture *fixture = *state;
    const char *reason = NULL;
    uint16_t port = listen_port(fixture->listen);
    struct listen *other = listen_create("127.0.0.1", port, &reason);

    assert_non_null(other);
    assert_in_range(listen_port(other), port + 1, port + LISTEN_PORTS_TRIED);
    listen_destroy(other);
    assert_null(listen_create("no.such.host.invalid", 0, &reason));
    assert_non_null(reason);
    assert_null(listen_create("192.0.2.1", 0, &reason)); /* of no machine */
    assert_string_equal(reason, "Cannot assign requested address");
}

int main(void)
{
#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, fixture_begin, fixture_end)
    const struct CMUnitTest tests[] = {
        WITH_FIXTURE(test_connection_is_kept_for_requests_that_come_in_pieces),
        WITH_FIXTURE(test_what_is_refused_is_the_last_of_its_connection),
        WITH_FIXTURE(test_a_request_has_a_limit_of_bytes),
        WITH_FIXTURE(test_slow_clients_are_not_waited_for),
        WITH_FIXTURE(test_large_answer_goes_out_as_the_client_reads),
        WITH_FIXTURE(test_the_connection_that_is_idle_longest_gives_way),
        WITH_FIXTURE(test_next_free_port_is_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
