/*
 * The server over a real socket: the hand-off to libfcgi, kept connections, refused bytes, parked
 * answers, and a leave that loses nothing. Waits are bounded by the sockets' timeouts.
 */
#include "http/link.h"
#include "http/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static const char REQUEST[] = "\1\1\0\1\0\10\0\0"
                              "\0\1\1\0\0\0\0\0"
                              "\1\4\0\1\0\46\2\0"
                              "\16\3REQUEST_METHODGET"
                              "\14\5DOCUMENT_URI/test"
                              "\0\0"
                              "\1\4\0\1\0\0\0\0"
                              "\1\5\0\1\0\3\0\0"
                              "abc"
                              "\1\5\0\1\0\0\0\0";
#define REQUEST_LENGTH (sizeof REQUEST - 1)
#define BODY "answer\n"

enum { ANSWER_BYTES = 1024 };

/*
 * TSan sees a hand-over by epoll for EPOLL_CTL_ADD alone. link_arm hands over by EPOLL_CTL_MOD, as
 * the last thing that it does; that the descriptor is closed by the next owner while the call
 * returns is the idea.
 */
__attribute__((visibility("default"))) const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
    return "race:link_arm";
}

struct fixture {
    char folder[32];
    struct sockaddr_un address;
    int listen_fd;
    struct http_server *server;
};

/* --- the application ----------------------------------------------------------------------------
 */

enum { FINISHERS_MAX = 8 };

static bool parks; /* set before the server starts */
static pthread_t finishers[FINISHERS_MAX];
static int finisher_count; /* one connection, one request at a time: no two threads at once */

static void finishers_join(void)
{
    for (int i = 0; i < finisher_count; i++)
        pthread_join(finishers[i], NULL);
    finisher_count = 0;
}

static void *finish(void *user)
{
    struct http_exchange *exchange = user;

    otel_context_attach(exchange->context);
    exchange_finish(exchange);
    return NULL;
}

static enum handler_end serve(struct http_exchange *exchange, enum http_status status, void *thread)
{
    (void)thread;
    exchange->response.status = status;
    exchange->response.content_type = "text/plain";
    buf_add_text(&exchange->response.body, BODY);
    if (!parks)
        return HANDLER_ANSWERED;
    exchange_park(exchange);
    assert_true(finisher_count < FINISHERS_MAX);
    pthread_create(&finishers[finisher_count++], NULL, finish, exchange);
    return HANDLER_PARKED;
}

static void *thread_create(void *user)
{
    return user;
}

static void thread_destroy(void *thread)
{
    (void)thread;
}

/* --- accept -------------------------------------------------------------------------------------
 */

static bool holds_accept; /* between the accept and what follows; set before the server starts */
static sem_t accepted, release;

/* As glibc declares it: the address is a union of pointers. */
__attribute__((visibility("default"))) int accept4(int fd, __SOCKADDR_ARG address,
                                                   socklen_t *length, int flags)
{
    const struct timespec pause = { .tv_nsec = 20000000 };
    int got = (int)syscall(SYS_accept4, fd, address.__sockaddr__, length, flags);

    if (!holds_accept || got < 0)
        return got;
    sem_post(&accepted);
    while (sem_wait(&release) != 0) {
    }
    nanosleep(&pause, NULL); /* long enough for a drain that does not wait to be over */
    return got;
}

/* --- arrange ------------------------------------------------------------------------------------
 */

static struct fixture fixture_make(bool uses_accept_loop, unsigned read_timeout_ms)
{
    struct fixture fixture = { .folder = "/tmp/test_server.XXXXXX",
                               .address = { .sun_family = AF_UNIX } };
    struct http_server_options options = { .uses_accept_loop = uses_accept_loop,
                                           .thread_count = 2,
                                           .connection_count_max = 4,
                                           .read_timeout_ms = read_timeout_ms,
                                           .send_timeout_ms = 1000,
                                           .body_bytes_max = 4096,
                                           .thread_create = thread_create,
                                           .thread_destroy = thread_destroy,
                                           .serve = serve };

    assert_non_null(mkdtemp(fixture.folder));
    snprintf(fixture.address.sun_path, sizeof fixture.address.sun_path, "%s/s", fixture.folder);
    fixture.listen_fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(
        bind(fixture.listen_fd, (struct sockaddr *)&fixture.address, sizeof fixture.address), 0);
    assert_int_equal(listen(fixture.listen_fd, 16), 0);
    options.listen_fd = fixture.listen_fd;
    options.user = &options; /* anything but NULL */
    fixture.server = server_start(&options);
    assert_non_null(fixture.server);
    return fixture;
}

static void fixture_release(struct fixture *fixture)
{
    if (fixture->server) {
        server_drain(fixture->server, 1000);
        assert_true(server_stop(fixture->server));
        finishers_join();
        server_destroy(fixture->server);
    }
    close(fixture->listen_fd);
    unlink(fixture->address.sun_path);
    rmdir(fixture->folder);
    parks = false;
}

static int front_connect(const struct fixture *fixture)
{
    struct timeval timeout = { .tv_sec = 5 };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    assert_int_equal(
        connect(fd, (const struct sockaddr *)&fixture->address, sizeof fixture->address), 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    return fd;
}

static void front_send(int fd, const char *bytes, size_t length)
{
    assert_int_equal(send(fd, bytes, length, MSG_NOSIGNAL), length);
}

/* Reads until END_REQUEST is whole; returns the bytes read, 0 when the connection was closed. */
static size_t front_receive(int fd, uint8_t answer[ANSWER_BYTES])
{
    size_t length = 0;
    size_t at = 0;

    for (;;) {
        ssize_t count = recv(fd, answer + length, ANSWER_BYTES - length, 0);

        if (count <= 0)
            return 0;
        length += (size_t)count;
        while (length >= at + 8) {
            size_t end = at + 8 + ((size_t)answer[at + 4] << 8 | answer[at + 5]);

            if (length >= end && answer[at + 1] == 3)
                return length;
            if (length < end)
                break;
            at = end;
        }
    }
}

static bool front_is_closed(int fd)
{
    char byte;
    ssize_t count = recv(fd, &byte, 1, 0);

    return count == 0 || (count < 0 && errno != EAGAIN);
}

static void answer_check(int fd, bool is_marked)
{
    uint8_t answer[ANSWER_BYTES];
    size_t length = front_receive(fd, answer);
    static const uint8_t MARK[] = { 1, 11, 0, 0, 0, 0, 0, 0 };

    assert_true(length > sizeof MARK + sizeof BODY);
    assert_non_null(memmem(answer, length, BODY, sizeof BODY - 1));
    assert_int_equal(memcmp(answer + length - sizeof MARK, MARK, sizeof MARK) == 0, is_marked);
}

/* --- tests --------------------------------------------------------------------------------------
 */

static void test_self_test_finds_this_libfcgi_good(void **state)
{
    (void)state;
    assert_true(server_self_test());
}

static void test_server_keeps_a_connection_and_splits_do_not_matter(void **state)
{
    struct fixture fixture = fixture_make(false, 5000);
    int fd = front_connect(&fixture);

    (void)state;
    for (size_t split = 0; split <= REQUEST_LENGTH; split++) {
        if (split > 0)
            front_send(fd, REQUEST, split);
        if (split < REQUEST_LENGTH)
            front_send(fd, REQUEST + split, REQUEST_LENGTH - split);
        answer_check(fd, false);
    }
    close(fd);
    fixture_release(&fixture);
}

static void test_server_closes_on_management_records_and_serves_on(void **state)
{
    static const char GET_VALUES[] = "\1\11\0\0\0\100\4\0"
                                     "\16\0FCGI_MAX_CONNS\16\0FCGI_MAX_CONNS"
                                     "\16\0FCGI_MAX_CONNS\16\0FCGI_MAX_CONNS\0\0\0\0";
    struct fixture fixture = fixture_make(false, 5000);
    int bad = front_connect(&fixture);
    int behind = front_connect(&fixture);
    int good = front_connect(&fixture);

    (void)state;
    front_send(bad, GET_VALUES, sizeof GET_VALUES - 1);
    front_send(behind, REQUEST, 16);
    front_send(behind, GET_VALUES, sizeof GET_VALUES - 1);

    assert_true(front_is_closed(bad));
    assert_true(front_is_closed(behind));
    front_send(good, REQUEST, REQUEST_LENGTH);
    answer_check(good, false);
    close(bad);
    close(behind);
    close(good);
    fixture_release(&fixture);
}

static void test_server_gives_up_on_half_a_request(void **state)
{
    struct fixture fixture = fixture_make(false, 100);
    int silent = front_connect(&fixture);
    int half = front_connect(&fixture);

    (void)state;
    front_send(half, REQUEST, REQUEST_LENGTH - 1);

    assert_true(front_is_closed(half));
    front_send(silent, REQUEST, REQUEST_LENGTH); /* idle for longer than that: still welcome */
    answer_check(silent, false);
    close(silent);
    close(half);
    fixture_release(&fixture);
}

static void test_server_lets_more_connections_wait(void **state)
{
    struct fixture fixture = fixture_make(false, 5000);
    int fds[6];

    (void)state;
    for (int i = 0; i < 6; i++) {
        fds[i] = front_connect(&fixture);
        front_send(fds[i], REQUEST, REQUEST_LENGTH);
    }
    for (int i = 0; i < 6; i++) {
        answer_check(fds[i], false);
        close(fds[i]); /* makes room for the fifth and the sixth */
    }
    fixture_release(&fixture);
}

static void test_server_closes_idle_connections_at_the_deadline_and_counts_none(void **state)
{
    struct fixture fixture = fixture_make(false, 5000);
    int idle = front_connect(&fixture);
    int fd = front_connect(&fixture);

    (void)state;
    front_send(idle, REQUEST, REQUEST_LENGTH);
    answer_check(idle, false);
    front_send(fd, REQUEST, REQUEST_LENGTH);
    answer_check(fd, false);
    /* Nothing is under way: both are idle, and nobody closes them. */
    assert_int_equal(server_drain(fixture.server, 10), 0);

    assert_true(front_is_closed(idle));
    assert_true(front_is_closed(fd));
    close(idle);
    close(fd);
    fixture_release(&fixture);
}

struct drain {
    struct http_server *server;
    unsigned cut;
};

static void *drain_run(void *user)
{
    struct drain *drain = user;

    drain->cut = server_drain(drain->server, 5000);
    return NULL;
}

static void test_server_serves_kept_connections_until_the_front_closes(void **state)
{
    struct fixture fixture = fixture_make(false, 5000);
    struct drain drain = { fixture.server, 77 };
    int fd = front_connect(&fixture);
    uint8_t answer[ANSWER_BYTES];
    bool is_marked = false;
    pthread_t thread;

    (void)state;
    front_send(fd, REQUEST, REQUEST_LENGTH);
    answer_check(fd, false);
    pthread_create(&thread, NULL, drain_run, &drain);
    /* Whenever the drain begins, no request is left without its answer; in the end it is marked. */
    for (int i = 0; i < 1000000 && !is_marked; i++) {
        size_t length;

        front_send(fd, REQUEST, REQUEST_LENGTH);
        length = front_receive(fd, answer);
        assert_true(length > 0);
        is_marked = answer[length - 7] == 11;
    }
    assert_true(is_marked);
    close(fd);
    pthread_join(thread, NULL);

    assert_int_equal(drain.cut, 0);
    fixture_release(&fixture);
}

/* As a worker does: stops at once behind the drain. */
static void *leave_run(void *user)
{
    struct drain *drain = user;

    (void)drain_run(drain);
    return server_stop(drain->server) ? drain : NULL;
}

/* Its client's request is in no other process's reach: only this server can answer it. */
static void accepted_check(bool uses_accept_loop)
{
    struct fixture fixture;
    struct drain drain = { .cut = 77 };
    void *left = NULL;
    pthread_t thread;
    int fd;

    holds_accept = true;
    sem_init(&accepted, 0, 0);
    sem_init(&release, 0, 0);
    fixture = fixture_make(uses_accept_loop, 5000);
    drain.server = fixture.server;
    fd = front_connect(&fixture);
    front_send(fd, REQUEST, REQUEST_LENGTH);
    while (sem_wait(&accepted) != 0) {
    }
    pthread_create(&thread, NULL, leave_run, &drain);
    while (!server_is_draining(fixture.server))
        sched_yield();
    sem_post(&release);
    answer_check(fd, true);
    close(fd);
    pthread_join(thread, &left);

    assert_int_equal(drain.cut, 0);
    assert_non_null(left);
    server_destroy(fixture.server);
    fixture.server = NULL;
    holds_accept = false;
    fixture_release(&fixture);
    sem_destroy(&accepted);
    sem_destroy(&release);
}

static void test_server_serves_what_it_accepted_when_the_drain_began(void **state)
{
    (void)state;
    accepted_check(false);
}

static void test_accept_loop_serves_what_it_accepted_when_the_drain_began(void **state)
{
    (void)state;
    accepted_check(true);
}

static void parked_check(bool uses_accept_loop)
{
    struct fixture fixture;
    int fd;

    parks = true;
    fixture = fixture_make(uses_accept_loop, 5000);
    fd = front_connect(&fixture);
    for (int i = 0; i < 3; i++) {
        front_send(fd, REQUEST, REQUEST_LENGTH);
        answer_check(fd, uses_accept_loop);
    }
    close(fd);
    fixture_release(&fixture);
}

static void test_server_sends_parked_answers_from_another_thread(void **state)
{
    (void)state;
    parked_check(false);
}

static void test_accept_loop_sends_parked_answers(void **state)
{
    (void)state;
    parked_check(true);
}

static void test_accept_loop_marks_every_answer_and_leaves(void **state)
{
    struct fixture fixture = fixture_make(true, 5000);

    (void)state;
    for (int i = 0; i < 4; i++) {
        int fd = front_connect(&fixture);

        front_send(fd, REQUEST, REQUEST_LENGTH);
        answer_check(fd, true);
        close(fd);
    }
    assert_int_equal(server_drain(fixture.server, 5000), 0);
    fixture_release(&fixture);
}

static int libfcgi_start(void **state)
{
    (void)state;
    return server_prepare() ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_self_test_finds_this_libfcgi_good),
        cmocka_unit_test(test_server_keeps_a_connection_and_splits_do_not_matter),
        cmocka_unit_test(test_server_closes_on_management_records_and_serves_on),
        cmocka_unit_test(test_server_gives_up_on_half_a_request),
        cmocka_unit_test(test_server_lets_more_connections_wait),
        cmocka_unit_test(test_server_closes_idle_connections_at_the_deadline_and_counts_none),
        cmocka_unit_test(test_server_serves_kept_connections_until_the_front_closes),
        cmocka_unit_test(test_server_serves_what_it_accepted_when_the_drain_began),
        cmocka_unit_test(test_accept_loop_serves_what_it_accepted_when_the_drain_began),
        cmocka_unit_test(test_server_sends_parked_answers_from_another_thread),
        cmocka_unit_test(test_accept_loop_sends_parked_answers),
        cmocka_unit_test(test_accept_loop_marks_every_answer_and_leaves),
    };

    return cmocka_run_group_tests(tests, libfcgi_start, NULL);
}
