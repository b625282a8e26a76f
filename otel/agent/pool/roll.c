#include "agent/pool/roll.h"

#include "agent/report.h"
#include "base/clock.h"

#include <inttypes.h>
#include <signal.h>

enum {
    ROLL_LEAVE_S = 2, /* from the request to leave to SIGKILL; answers that last longer are cut */
    ROLL_SUCCESSOR_S = 5,
};

void roll_end(struct roll *roll)
{
    roll->state = ROLL_IDLE;
    roll->waiting_count = 0;
    roll->is_asked_again = false;
}

/* Asks the next worker to leave; ends the roll when there is none. */
static void roll_next(struct roll *roll, struct family *family, uint64_t now_ns)
{
    while (roll->waiting_count > 0) {
        int32_t pid = roll->waiting[--roll->waiting_count];
        struct family_member *member = family_find(family, pid);

        if (!member || member->is_gone || kill(pid, SIGUSR1) < 0)
            continue; /* it has left by itself */
        member->is_told = true;
        roll->state = ROLL_LEAVING;
        roll->leaving_pid = pid;
        roll->deadline_ns = now_ns + ROLL_LEAVE_S * CLOCK_NS_PER_S;
        return;
    }
    roll->state = ROLL_IDLE;
    report_info("the workers are replaced: %zu", roll->workers_wanted);
    if (roll->is_asked_again) {
        roll->is_asked_again = false;
        roll_begin(roll, family, now_ns);
    }
}

void roll_begin(struct roll *roll, struct family *family, uint64_t now_ns)
{
    if (roll_is_active(roll)) {
        roll->is_asked_again = true;
        return;
    }
    for (size_t i = 0; i < family->count; i++) {
        const struct family_member *member = &family->members[i];
        if (family_is_worker(family, member) && member->pid != family->program_pid)
            roll->waiting[roll->waiting_count++] = member->pid;
    }
    roll->workers_wanted = roll->waiting_count;
    if (roll->waiting_count == 0) {
        report_warn("there are no workers to replace: the program has no manager such as "
                    "multiwatch");
        return;
    }
    report_info("replacing %zu workers one by one", roll->waiting_count);
    roll_next(roll, family, now_ns);
}

static void worker_left(struct roll *roll, uint64_t now_ns)
{
    roll->state = ROLL_COMING;
    roll->deadline_ns = now_ns + ROLL_SUCCESSOR_S * CLOCK_NS_PER_S;
}

void roll_step(struct roll *roll, struct family *family, uint64_t now_ns)
{
    struct family_member *leaving = family_find(family, roll->leaving_pid);

    switch (roll->state) {
    case ROLL_IDLE:
        break;
    case ROLL_LEAVING:
        if (!leaving || leaving->is_gone) {
            worker_left(roll, now_ns);
        } else if (now_ns >= roll->deadline_ns && !leaving->is_cut) {
            report_warn("worker %" PRId32 " did not leave within %d s and is killed",
                        roll->leaving_pid, ROLL_LEAVE_S);
            leaving->is_cut = true;
            (void)kill(roll->leaving_pid, SIGKILL); /* ESRCH: it was faster */
        }
        break;
    case ROLL_COMING:
        if (family_worker_count(family) >= roll->workers_wanted) {
            roll->replaced++;
            roll_next(roll, family, now_ns);
        } else if (now_ns >= roll->deadline_ns) {
            report_error("no worker came for %" PRId32 "; the others stay as they are",
                         roll->leaving_pid);
            roll_end(roll);
        }
        break;
    }
}
