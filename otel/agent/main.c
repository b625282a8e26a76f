/*
 * otel-instrument: starts a program under observation and is everything that its telemetry needs
 * outside of it. One thread, one loop: signals and ended processes wake it, rings are polled.
 *
 *   options -> segment -> program | loop: drain, harvest, roll, publish, pipeline | flush, status
 */
#include "agent/attach.h"
#include "agent/config/config_print.h"
#include "agent/config/options.h"
#include "agent/ledger.h"
#include "agent/observe/host_metrics.h"
#include "agent/observe/identity.h"
#include "agent/observe/pool_metrics.h"
#include "agent/observe/self_metrics.h"
#include "agent/pool/descriptors.h"
#include "agent/pool/environment.h"
#include "agent/pool/harvest.h"
#include "agent/pool/leftover.h"
#include "agent/pool/roll.h"
#include "agent/pool/supervise.h"
#include "agent/pool/symbols.h"
#include "agent/report.h"
#include "agent/view/back_ends.h"
#include "agent/view/pace.h"
#include "agent/view/view.h"
#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
    EXIT_WRONG_USE = 2,
    EXIT_LAUNCHER_FAILED = 1,
    POLL_FULL_MS = 1,       /* a ring was a quarter full: it shall not get full */
    POLL_BUSY_MS = 10,      /* each wake-up costs the workers a switch; more at a time is cheaper */
    POLL_IDLE_MS = 100,     /* five idle launchers may cost 0.5 % of a core */
    POLL_URGENT_MS = 5,     /* a death, a successor or a back end's answer is waited for */
    REFRESH_IDLE_MS = 5000, /* pidfds tell of deaths at once, slots of births */
    REFRESH_GAP_MS = 20,    /* /proc is read at most this often */
    LIVELY_MS = 1000,       /* after a birth or death, others are likely to follow */
    STRAYS_MS = 500,        /* slots of owners whom nobody knows are looked at so often */
    STOP_MS = 1800,         /* a stop takes 2 s at most, what the pool takes to drain included */
    FLUSH_LEAST_MS = 400,   /* behind a pool that takes longer */
    EVENT_MAX = 32,
};

struct launcher {
    struct options options;
    struct settings settings;
    struct attach attach;
    struct descriptors descriptors;
    char **environment; /* of the program; NULL when there is none to start */
    struct identity identity;
    struct supervise supervise;
    struct family family;
    struct ledger ledger;
    struct drain drain;
    struct harvest harvest;
    struct roll roll;
    struct pool_metrics pool_metrics;
    struct self_metrics self_metrics;
    struct host_metrics host_metrics;
    struct watch watch;
    struct view view;
    struct back_ends back_ends;
    struct symbols *symbols;
    struct pipeline *pipeline;
    int epoll_fd;
    int poll_ms; /* the present sleep: doubles while nothing comes */
    uint64_t refreshed_ns;
    uint64_t lively_until_ns;
    uint64_t strays_ns; /* last look at slots whose owner is no member */
    bool had_strangers; /* at that time */
    bool has_events;    /* the epoll set has something to tell */
    struct pace pace;
};

static void launcher_collect(void *user, struct pipeline *pipeline)
{
    struct launcher *launcher = user;

    books_update(launcher->ledger.books, launcher->attach.segment);
    pool_metrics_observe(&launcher->pool_metrics, &launcher->family, pipeline);
    if (!launcher->settings.omits_self_metrics)
        self_metrics_observe(&launcher->self_metrics, pipeline);
    if (launcher->settings.has_host_metrics)
        host_metrics_observe(&launcher->host_metrics, pipeline);
}

static void launcher_watch_segment(struct launcher *launcher)
{
    drain_init(&launcher->drain, launcher->attach.segment, launcher->pipeline,
               launcher->ledger.books, &launcher->family, launcher->symbols);
    harvest_init(&launcher->harvest, &launcher->drain);
    watch_release(&launcher->watch); /* of the segment before */
    if (!watch_init(&launcher->watch, launcher->attach.segment))
        report_warn("there is no memory to show requests on the status page");
    launcher->drain.watch = &launcher->watch;
    launcher->drain.journal = launcher->ledger.journal;
    self_metrics_init(&launcher->self_metrics, &launcher->drain, &launcher->harvest);
}

/* Who records into the segment's path without a launcher holds the socket that ours will want. */
static void launcher_end_orphans(struct launcher *launcher)
{
    leftover_end(&launcher->harvest, launcher->attach.path);
    harvest_everything(&launcher->harvest);
    family_release(&launcher->family); /* of those who are gone */
    family_init(&launcher->family, launcher->epoll_fd);
}

/* What a dead pool left is sent on before a fresh segment takes its place. */
static bool launcher_take_leftover(struct launcher *launcher)
{
    report_info("sending what an earlier launcher left in %s", launcher->attach.path);
    launcher_end_orphans(launcher);
    if (!attach_renew(&launcher->attach, &launcher->settings))
        return false;
    books_move(launcher->ledger.books, launcher->attach.segment);
    ledger_belong(&launcher->ledger, launcher->attach.segment);
    launcher_watch_segment(launcher);
    return true;
}

/* The program's environment is the user's; ours is without what libraries would act upon. */
static bool environments_part(struct launcher *launcher, bool has_program)
{
    char hooks[PATH_MAX];

    if (has_program) {
        if (!environment_find_hooks(hooks, sizeof hooks))
            return false;
        launcher->environment = environment_create(environ, hooks, launcher->attach.path);
        if (!launcher->environment) {
            report_error("there is no memory for the program's environment");
            return false;
        }
    }
    /* libdw would ask the network for debugging information, in the middle of our loop. */
    (void)unsetenv("DEBUGINFOD_URLS");
    return true;
}

static void program_name(struct launcher *launcher)
{
    ledger_name_program(&launcher->ledger, launcher->supervise.program_pid);
    attach_name_program(launcher->attach.segment, launcher->supervise.program_pid);
}

static int program_launch(struct launcher *launcher, char *const *program)
{
    descriptors_seal(&launcher->descriptors);
    return supervise_start(&launcher->supervise, program, launcher->environment);
}

/* Segment, pipeline and program; 0, or the status to end with (reported). */
static int launcher_start(struct launcher *launcher, char *const *program)
{
    enum attach_outcome outcome = attach_open(&launcher->attach, &launcher->settings);
    uint64_t replayed;
    int status = 0;

    if (outcome == ATTACH_FAILED || !environments_part(launcher, outcome != ATTACH_ADOPTED))
        return EXIT_LAUNCHER_FAILED;
    back_ends_init(&launcher->back_ends, launcher->options.values[OPTION_C_BACK_ENDS].text);
    identity_init(&launcher->identity, &launcher->settings);
    launcher->symbols = symbols_create();
    launcher->pipeline = pipeline_create(&launcher->settings, launcher->identity.attributes,
                                         launcher->identity.count, launcher->identity.early_count,
                                         launcher_collect, launcher);
    if (!launcher->symbols || !launcher->pipeline ||
        !ledger_open(&launcher->ledger, launcher->attach.path, launcher->attach.segment,
                     outcome != ATTACH_FRESH)) {
        report_error("the pipeline cannot be made: there is no memory");
        return EXIT_LAUNCHER_FAILED;
    }
    launcher_watch_segment(launcher);
    replayed = ledger_replay(&launcher->ledger, launcher->attach.segment, launcher->pipeline);
    if (replayed > 0)
        report_info("%" PRIu64 " records that an earlier launcher had in memory are sent",
                    replayed);
    if (outcome == ATTACH_LEFTOVER && !launcher_take_leftover(launcher))
        return EXIT_LAUNCHER_FAILED;
    if (outcome == ATTACH_FRESH) /* somebody may have removed the segment of a pool that lives */
        launcher_end_orphans(launcher);
    attach_configure(launcher->attach.segment, &launcher->settings);
    if (outcome == ATTACH_ADOPTED) {
        report_info("going on with process %" PRId32 ", which an earlier launcher started",
                    launcher->attach.program_pid);
        supervise_adopt(&launcher->supervise, launcher->attach.program_pid);
    } else {
        status = program_launch(launcher, program);
    }
    launcher->family.program_pid = launcher->supervise.program_pid;
    if (status == 0)
        program_name(launcher);
    return status;
}

static bool launcher_init(struct launcher *launcher)
{
    struct epoll_event event = { .events = EPOLLIN, .data.u64 = 0 };

    if (!supervise_init(&launcher->supervise))
        return false;
    launcher->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (launcher->epoll_fd < 0 ||
        epoll_ctl(launcher->epoll_fd, EPOLL_CTL_ADD, launcher->supervise.signal_fd, &event) < 0) {
        report_error("events cannot be waited for: %s", strerror(errno));
        return false;
    }
    family_init(&launcher->family, launcher->epoll_fd);
    launcher->poll_ms = POLL_BUSY_MS;
    launcher->has_events = true;
    return true;
}

static void reap_all(struct launcher *launcher)
{
    int status = 0;
    int32_t pid;

    while ((pid = supervise_reap(&launcher->supervise, &launcher->family, &status)) > 0)
        harvest_note_death(&launcher->harvest, pid, status);
}

/* Maps of workers are read while they live: their stacks may be asked for when they are dead. */
static void workers_learn(struct launcher *launcher)
{
    for (size_t i = 0; i < launcher->family.count; i++) {
        const struct family_member *member = &launcher->family.members[i];
        if (!member->is_gone && member->is_worker)
            symbols_learn(launcher->symbols, member->pid);
    }
}

static void pool_refresh(struct launcher *launcher, uint64_t now_ns)
{
    launcher->refreshed_ns = now_ns;
    if (family_refresh(&launcher->family))
        launcher->lively_until_ns = now_ns + LIVELY_MS * CLOCK_NS_PER_MS;
    workers_learn(launcher);
}

/* Signals and ended processes; event 0 is the signal descriptor, others are pids. */
static void events_read(struct launcher *launcher, uint64_t now_ns)
{
    struct epoll_event events[EVENT_MAX];
    int count = epoll_wait(launcher->epoll_fd, events, EVENT_MAX, 0);

    for (int i = 0; i < count; i++) {
        if (events[i].data.u64 != 0) {
            family_mark_gone(&launcher->family, (int32_t)events[i].data.u64);
            continue;
        }
        struct supervise_wishes wishes =
            supervise_read_signals(&launcher->supervise, &launcher->family, now_ns);
        if (wishes.has_deaths)
            reap_all(launcher);
        if (wishes.wants_roll && launcher->supervise.state == SUPERVISE_RUNNING) {
            pool_refresh(launcher, now_ns);
            roll_begin(&launcher->roll, &launcher->family, now_ns);
        }
    }
}

/* How long what is known of the family may go unlooked at. */
static uint64_t refresh_gap_ns(const struct launcher *launcher, uint64_t now_ns)
{
    bool is_quiet = launcher->family.has_pidfds && !launcher->family.wants_refresh &&
                    !roll_is_active(&launcher->roll) && now_ns >= launcher->lively_until_ns &&
                    launcher->supervise.state == SUPERVISE_RUNNING;

    return (is_quiet ? REFRESH_IDLE_MS : REFRESH_GAP_MS) * CLOCK_NS_PER_MS;
}

/* Who lives, who died, what follows from it. True while something is waited for. */
static bool pool_step(struct launcher *launcher, uint64_t now_ns)
{
    struct family *family = &launcher->family;
    int32_t program_pid = launcher->supervise.program_pid;
    bool is_waiting;

    if (now_ns - launcher->refreshed_ns >= refresh_gap_ns(launcher, now_ns))
        pool_refresh(launcher, now_ns);
    is_waiting = harvest_step(&launcher->harvest, now_ns);
    supervise_step(&launcher->supervise, family, now_ns);
    if (launcher->supervise.program_pid != program_pid)
        program_name(launcher);
    if (launcher->supervise.state != SUPERVISE_RUNNING)
        roll_end(&launcher->roll);
    roll_step(&launcher->roll, family, now_ns);
    return is_waiting || refresh_gap_ns(launcher, now_ns) < REFRESH_IDLE_MS * CLOCK_NS_PER_MS;
}

/* Only where there are any, and once more when there are none: it forgets when they came. */
static void strays_step(struct launcher *launcher, uint64_t now_ns)
{
    if (!(launcher->drain.has_strangers || launcher->had_strangers) ||
        now_ns - launcher->strays_ns < STRAYS_MS * CLOCK_NS_PER_MS)
        return;
    launcher->strays_ns = now_ns;
    launcher->had_strangers = launcher->drain.has_strangers;
    harvest_strays(&launcher->harvest, now_ns);
}

static void publish(struct launcher *launcher, uint64_t now_ns)
{
    pace_published(&launcher->pace, now_ns);
    books_update(launcher->ledger.books, launcher->attach.segment);
    view_publish(&launcher->view, launcher->attach.segment,
                 &(struct view_source){
                     .options = &launcher->options,
                     .books = launcher->ledger.books,
                     .pipeline = launcher->pipeline,
                     .family = &launcher->family,
                     .harvest = &launcher->harvest,
                     .roll = &launcher->roll,
                     .back_ends = &launcher->back_ends,
                     .watch = &launcher->watch,
                 });
}

/*
 * Sleeps until something happens: busy 10 ms, idle up to 100 ms, never past what is due. True when
 * the sleep was a long one and nothing ended it.
 */
static bool launcher_wait(struct launcher *launcher, uint64_t due_ns, bool is_urgent)
{
    struct pollfd fd = { .fd = launcher->epoll_fd, .events = POLLIN };
    uint64_t now_ns = clock_monotonic_ns();
    int limit_ms = is_urgent ? POLL_URGENT_MS : POLL_IDLE_MS;
    int timeout_ms = launcher->poll_ms < limit_ms ? launcher->poll_ms : limit_ms;
    int ready;

    if (due_ns <= now_ns)
        timeout_ms = 0;
    else if (due_ns - now_ns < (uint64_t)timeout_ms * CLOCK_NS_PER_MS)
        timeout_ms = (int)((due_ns - now_ns) / CLOCK_NS_PER_MS);
    ready = pipeline_wait(launcher->pipeline, &fd, 1, timeout_ms);
    if (ready < 0 && errno != EINTR)
        report_error("waiting failed: %s", strerror(errno));
    launcher->has_events = fd.revents != 0;
    return ready == 0 && timeout_ms == POLL_IDLE_MS;
}

/*
 * Nothing came, nothing is due, nobody is waited for: sleep again. It costs a tenth of a pass, and
 * an idle launcher does little else.
 */
static bool is_quiet(struct launcher *launcher, uint64_t due_ns)
{
    uint64_t now_ns = clock_monotonic_ns();

    return now_ns < due_ns && drain_is_quiet(&launcher->drain, now_ns) &&
           harvest_is_quiet(&launcher->harvest) && !back_ends_is_asking(&launcher->back_ends) &&
           !pace_step(&launcher->pace, launcher->attach.segment, now_ns);
}

static int next_poll_ms(const struct launcher *launcher, size_t drained)
{
    if (drained > 0)
        return launcher->drain.fullest_bytes > SEGMENT_RING_BYTES / 4 ? POLL_FULL_MS : POLL_BUSY_MS;
    return launcher->poll_ms < POLL_IDLE_MS / 2 ? launcher->poll_ms * 2 : POLL_IDLE_MS;
}

static void launcher_run(struct launcher *launcher)
{
    while (launcher->supervise.state != SUPERVISE_OVER) {
        uint64_t now_ns = clock_monotonic_ns();
        size_t drained = drain_pass(&launcher->drain);
        uint64_t due_ns = pipeline_step(launcher->pipeline, now_ns);
        bool is_urgent;

        ledger_note(&launcher->ledger, launcher->pipeline);
        launcher->poll_ms = next_poll_ms(launcher, drained);
        if (launcher->has_events)
            events_read(launcher, now_ns);
        is_urgent = pool_step(launcher, now_ns);
        watch_pass(&launcher->watch, clock_wall_ns());
        back_ends_step(&launcher->back_ends, now_ns);
        strays_step(launcher, now_ns);
        launcher->pace.has_news |= drained > 0 || is_urgent;
        if (pace_step(&launcher->pace, launcher->attach.segment, now_ns))
            publish(launcher, now_ns);
        if (launcher->supervise.state == SUPERVISE_OVER)
            break;
        is_urgent |= back_ends_is_asking(&launcher->back_ends);
        while (launcher_wait(launcher, due_ns, is_urgent) && is_quiet(launcher, due_ns))
            ;
    }
}

/* Until when the last of the queues may be sent; a program that ended by itself was not told. */
static uint64_t flush_deadline_ns(const struct launcher *launcher, uint64_t now_ns)
{
    uint64_t told_ns = launcher->supervise.was_told ? launcher->supervise.told_ns : now_ns;
    uint64_t deadline_ns = told_ns + STOP_MS * CLOCK_NS_PER_MS;
    uint64_t least_ns = now_ns + FLUSH_LEAST_MS * CLOCK_NS_PER_MS;

    return deadline_ns > least_ns ? deadline_ns : least_ns;
}

/* Nobody lives: the last of the rings, the last of the queues, the last word. */
static void launcher_end(struct launcher *launcher)
{
    uint64_t now_ns = clock_monotonic_ns();

    reap_all(launcher);
    (void)harvest_step(&launcher->harvest, UINT64_MAX); /* nobody is waited for any more */
    harvest_everything(&launcher->harvest);
    pipeline_shutdown(launcher->pipeline, flush_deadline_ns(launcher, now_ns));
    publish(launcher, clock_monotonic_ns());
}

static void launcher_release(struct launcher *launcher)
{
    bool is_over = launcher->attach.program_pid == 0 || launcher->supervise.state == SUPERVISE_OVER;

    view_release(&launcher->view);
    back_ends_release(&launcher->back_ends);
    watch_release(&launcher->watch);
    pipeline_destroy(launcher->pipeline);
    symbols_destroy(launcher->symbols);
    family_release(&launcher->family);
    /* The segment and the books of a pool that lives on are for the launcher after us. */
    ledger_close(&launcher->ledger, is_over);
    attach_close(&launcher->attach, is_over);
    supervise_release(&launcher->supervise);
    mem_free(launcher->environment);
    if (launcher->epoll_fd >= 0)
        (void)close(launcher->epoll_fd);
    settings_release(&launcher->settings);
    options_release(&launcher->options);
}

/* --print-config */
static int launcher_print(struct launcher *launcher)
{
    int status = EXIT_LAUNCHER_FAILED;

    if (settings_derive(&launcher->options, &launcher->settings) &&
        (launcher->options.prints_yaml
             ? config_print_yaml(&launcher->options, &launcher->settings, stdout)
             : config_print(&launcher->options, stdout)))
        status = EXIT_SUCCESS;
    settings_release(&launcher->settings);
    options_release(&launcher->options);
    return status;
}

int main(int argc, char **argv)
{
    static struct launcher launcher; /* large, and there is one */
    enum options_outcome outcome = options_parse(argc, argv, &launcher.options);
    int status = EXIT_LAUNCHER_FAILED;

    if (outcome == OPTIONS_PRINT)
        return launcher_print(&launcher);
    if (outcome != OPTIONS_RUN)
        return outcome == OPTIONS_SHOWN ? EXIT_SUCCESS : EXIT_WRONG_USE;
    descriptors_note(&launcher.descriptors);
    launcher.epoll_fd = -1;
    launcher.attach.lock_fd = -1;
    view_init(&launcher.view);
    if (!settings_derive(&launcher.options, &launcher.settings))
        return EXIT_WRONG_USE;
    if (!launcher_init(&launcher))
        goto done;
    status = launcher_start(&launcher, launcher.options.program);
    if (status != 0)
        goto done;
    launcher_run(&launcher);
    launcher_end(&launcher);
    status = supervise_exit_status(&launcher.supervise);
done:
    launcher_release(&launcher);
    return status;
}
