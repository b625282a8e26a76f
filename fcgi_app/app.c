/* Start, wait, drain, leave. */
#include "app.h"

#include "base/mem.h"
#include "handlers/committer.h"
#include "http/server.h"
#include "routes.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LISTEN_FD = 0 }; /* FCGI_LISTENSOCK_FILENO */

static const int LEAVE_SIGNALS[] = { SIGUSR1, SIGTERM, SIGQUIT, SIGINT, SIGHUP };

/* --- handler threads ---------------------------------------------------------------------------
 */

static void thread_destroy(void *user)
{
    struct app_thread *thread = user;

    store_reader_destroy(thread->reader);
    mem_free(thread);
}

static void *thread_create(void *user)
{
    struct app *app = user;
    struct app_thread *thread = mem_zalloc(1, sizeof *thread);

    if (thread == NULL)
        return NULL;
    thread->app = app;
    if (app->pool->reads_store)
        thread->reader = store_reader_create(app->config.db_path);
    if (app->pool->reads_store && thread->reader == NULL) {
        thread_destroy(thread);
        return NULL;
    }
    return thread;
}

static enum handler_end serve(struct http_exchange *exchange, enum http_status status, void *user)
{
    struct app_thread *thread = user;
    const struct pool *pool = thread->app->pool;

    telemetry_begin(&thread->app->telemetry, exchange);
    return router_serve(pool->routes, pool->route_count, exchange, status, thread);
}

/* --- signals -----------------------------------------------------------------------------------
 */

/*
 * Blocked before any thread exists, so that only the main thread's sigtimedwait sees them. A
 * broken pipe is normal here. Done before libfcgi starts, which installs handlers of its own
 * where it finds none.
 */
static void signals_prepare(sigset_t *leave)
{
    struct sigaction ignore = { .sa_handler = SIG_IGN };

    sigemptyset(leave);
    for (size_t i = 0; i < sizeof LEAVE_SIGNALS / sizeof LEAVE_SIGNALS[0]; i++)
        sigaddset(leave, LEAVE_SIGNALS[i]);
    pthread_sigmask(SIG_BLOCK, leave, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
}

static void leave_wait(struct http_server *server, const sigset_t *leave)
{
    struct timespec tick = { .tv_sec = CONFIG_TICK_MS / 1000,
                             .tv_nsec = CONFIG_TICK_MS % 1000 * 1000000L };

    while (sigtimedwait(leave, NULL, &tick) < 0)
        server_tick(server);
}

/* --- start -------------------------------------------------------------------------------------
 */

static void help_print(const struct pool *pool)
{
    printf("%s: %s\n\nA FastCGI worker: spawn-fcgi gives it a listening socket as descriptor 0.\n"
           "Routes:\n",
           pool->name, pool->summary);
    for (size_t i = 0; i < pool->route_count; i++)
        printf("  %s\n", pool->routes[i].pattern);
    printf("Settings (environment variables, with their defaults):\n");
    config_help(stdout);
    printf("Signals: USR1, TERM, QUIT, INT and HUP drain and leave.\n");
}

static bool descriptor_is_listening(void)
{
    int is_listening = 0;
    socklen_t size = sizeof is_listening;

    return getsockopt(LISTEN_FD, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &size) == 0 &&
           is_listening != 0;
}

/* A pool's manager starts us again at once: a mistake shall not burn a core. */
static int refuse_to_start(void)
{
    const struct timespec pause = { .tv_sec = 1 };

    if (descriptor_is_listening())
        nanosleep(&pause, NULL);
    return EXIT_FAILURE;
}

static struct http_server *start(struct app *app)
{
    struct http_server_options options = {
        .name = app->pool->name,
        .listen_fd = LISTEN_FD,
        .uses_accept_loop = app->config.uses_accept_loop,
        .thread_count = app->config.threads,
        .connection_count_max = app->config.connections,
        .read_timeout_ms = app->config.read_timeout_ms,
        .send_timeout_ms = app->config.send_timeout_ms,
        .body_bytes_max = CONFIG_BODY_BYTES_MAX,
        .thread_create = thread_create,
        .thread_destroy = thread_destroy,
        .serve = serve,
        .user = app,
    };
    struct http_server *server = NULL;

    if (!options.uses_accept_loop && !server_self_test()) {
        fprintf(stderr,
                "%s: this libfcgi does not take connections handed over; using the plain "
                "accept loop\n",
                app->pool->name);
        options.uses_accept_loop = true;
    }
    telemetry_create(&app->telemetry);
    app->reading =
        (struct trouble){ app->pool->name, "read", app->config.db_path, STORE_FAULT_NONE };
    app->writing =
        (struct trouble){ app->pool->name, "written", app->config.db_path, STORE_FAULT_NONE };
    errno = ENOMEM;
    if (app->pool->commits)
        app->committer = committer_create(app);
    if (!app->pool->commits || app->committer)
        server = server_start(&options);
    if (server == NULL)
        fprintf(stderr, "%s: cannot start: %s\n", app->pool->name, strerror(errno));
    return server;
}

/*
 * Ends the process at once: for when a thread hangs in the database or the like. What it had open
 * is in the segment, and a transaction that was not committed was not answered either.
 */
static _Noreturn void leave_at_once(int exit_status)
{
    fflush(NULL);
    _exit(exit_status);
}

static void leave(struct app *app, struct http_server *server)
{
    unsigned cut = server_drain(server, app->config.drain_timeout_ms);

    if (cut > 0) {
        fprintf(stderr, "%s: %u request%s cut: not done within %u ms\n", app->pool->name, cut,
                cut == 1 ? "" : "s", app->config.drain_timeout_ms);
        leave_at_once(EXIT_SUCCESS);
    }
    if (!server_stop(server)) {
        fprintf(stderr, "%s: a thread did not end\n", app->pool->name);
        leave_at_once(EXIT_FAILURE);
    }
    /* After the handler threads: they may still hand rows to the committer. */
    committer_destroy(app->committer);
    server_destroy(server);
}

int app_main(int argc, char **argv, const struct pool *pool)
{
    static struct app app; /* static: its threads may outlive this function */
    struct http_server *server;
    sigset_t leave_signals;

    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        help_print(pool);
        return EXIT_SUCCESS;
    }
    if (argc != 1) {
        fprintf(stderr, "%s: takes no arguments but --help\n", pool->name);
        return EXIT_FAILURE;
    }
    app.pool = pool;
    if (!config_read(&app.config, pool->name, stderr))
        return refuse_to_start();
    if (!descriptor_is_listening()) {
        fprintf(stderr, "%s: descriptor 0 is no listening socket: start me by spawn-fcgi\n",
                pool->name);
        return EXIT_FAILURE;
    }
    signals_prepare(&leave_signals);
    if (!server_prepare()) {
        fprintf(stderr, "%s: libfcgi does not start\n", pool->name);
        return refuse_to_start();
    }
    server = start(&app);
    if (server == NULL)
        return refuse_to_start();
    leave_wait(server, &leave_signals);
    leave(&app, server);
    return EXIT_SUCCESS;
}
