/*
 * A fatal signal leaves its number, address and stack in the segment, and then kills the process
 * as it would have: same signal, same status, same core dump. Handlers are set only where the
 * disposition is the default one, and not before the program has begun its first request.
 *
 * Not for signals that another program sends for good (TERM, KILL), and not a symboliser: the
 * launcher turns program counters into functions and lines.
 */
#include "hooks/crash.h"

#include "record/hook_entry.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>
#include <unwind.h>

enum { HANDLER_STACK_BYTES = 64 * 1024 };

static const int FATAL_SIGNALS[] = { SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL };

static __thread bool is_thread_armed;
static pthread_once_t process_once = PTHREAD_ONCE_INIT;
static pthread_key_t stack_key; /* ends a thread's handler stack; valid when has_stack_key */
static bool has_stack_key;

static uint64_t program_counter(const void *context)
{
    const ucontext_t *machine = context;

#if defined(__x86_64__)
    return (uint64_t)machine->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
    return machine->uc_mcontext.pc;
#else
    (void)machine;
    return 0;
#endif
}

struct walk {
    uint64_t faulting; /* frames above it are the handler and the kernel's trampoline; 0: found */
    uint32_t count;
    uint64_t frames[SEGMENT_STACK_FRAMES];
};

/* As otel_log_exception's frames: a return address lies behind its call, so one less. */
static _Unwind_Reason_Code walk_frame(struct _Unwind_Context *context, void *argument)
{
    struct walk *walk = argument;
    int is_exact = 0;
    uint64_t address = _Unwind_GetIPInfo(context, &is_exact);

    if (address == 0 || walk->count == SEGMENT_STACK_FRAMES)
        return _URC_END_OF_STACK;
    if (address == walk->faulting)
        walk->faulting = 0;
    if (walk->faulting == 0)
        walk->frames[walk->count++] = address - (is_exact ? 0 : 1);
    return _URC_NO_REASON;
}

/*
 * Unwinding a broken stack may fault again, and that ends the process: so the faulting
 * instruction is stored first, alone.
 */
static void frames_store(int signal_number, const siginfo_t *info, uint64_t faulting)
{
    uint64_t address = info->si_code > 0 ? (uint64_t)(uintptr_t)info->si_addr : 0;
    struct walk walk = { .faulting = faulting };

    record_crash(signal_number, info->si_code, address, &faulting, faulting ? 1 : 0);
    (void)_Unwind_Backtrace(walk_frame, &walk); /* it says only that the stack has an end */
    if (walk.count > 0)
        record_crash(signal_number, info->si_code, address, walk.frames, walk.count);
}

/* SA_RESETHAND has put the default back already. */
static void handle(int signal_number, siginfo_t *info, void *context)
{
    int saved_errno = errno;

    frames_store(signal_number, info, program_counter(context));
    /* Blocked until we return, then delivered to the interrupted code with its first siginfo,
     * also where the instruction would not fault again. */
    syscall(SYS_rt_tgsigqueueinfo, getpid(), syscall(SYS_gettid), signal_number, info);
    errno = saved_errno;
}

static void stack_end(void *stack)
{
    stack_t none = { .ss_flags = SS_DISABLE };
    stack_t present;

    if (sigaltstack(NULL, &present) == 0 && present.ss_sp == stack)
        sigaltstack(&none, NULL);
    munmap(stack, HANDLER_STACK_BYTES);
}

/* A stack that overflowed has no room for a handler. */
static void stack_begin(void)
{
    stack_t present;
    stack_t own = { .ss_size = HANDLER_STACK_BYTES };

    if (!has_stack_key || sigaltstack(NULL, &present) != 0 || !(present.ss_flags & SS_DISABLE))
        return;
    own.ss_sp = mmap(NULL, HANDLER_STACK_BYTES, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
    if (own.ss_sp == MAP_FAILED)
        return;
    if (pthread_setspecific(stack_key, own.ss_sp) != 0 || sigaltstack(&own, NULL) != 0) {
        pthread_setspecific(stack_key, NULL);
        munmap(own.ss_sp, HANDLER_STACK_BYTES);
    }
}

static void process_arm(void)
{
    struct sigaction own = { .sa_flags = (int)(SA_SIGINFO | SA_ONSTACK | SA_RESETHAND) };

    has_stack_key = pthread_key_create(&stack_key, stack_end) == 0;
    own.sa_sigaction = handle;
    sigfillset(&own.sa_mask);
    for (size_t i = 0; i < sizeof(FATAL_SIGNALS) / sizeof(FATAL_SIGNALS[0]); i++) {
        struct sigaction present;

        if (sigaction(FATAL_SIGNALS[i], NULL, &present) == 0 && !(present.sa_flags & SA_SIGINFO) &&
            present.sa_handler == SIG_DFL)
            sigaction(FATAL_SIGNALS[i], &own, NULL);
    }
}

void crash_arm(void)
{
    if (is_thread_armed || (record_config()->disabled & SEGMENT_DISABLED_CRASH))
        return;
    is_thread_armed = true;
    pthread_once(&process_once, process_arm);
    stack_begin();
}
