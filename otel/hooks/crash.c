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
#include <execinfo.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

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

/*
 * The frames below the handler: what is above the faulting instruction is the handler itself and
 * the kernel's trampoline. Unwinding a broken stack may fault again, and that ends the process:
 * so the faulting instruction is stored first, alone.
 */
static void frames_store(int signal_number, const siginfo_t *info, uint64_t faulting)
{
    void *found[SEGMENT_STACK_FRAMES];
    uint64_t frames[SEGMENT_STACK_FRAMES];
    uint64_t address = info->si_code > 0 ? (uint64_t)(uintptr_t)info->si_addr : 0;
    int count;
    int first = 0;

    record_crash(signal_number, info->si_code, address, &faulting, faulting ? 1 : 0);
    count = backtrace(found, SEGMENT_STACK_FRAMES);
    while (first < count && (uint64_t)(uintptr_t)found[first] != faulting)
        first++;
    if (first == count)
        return;
    for (int i = first; i < count; i++)
        frames[i - first] = (uint64_t)(uintptr_t)found[i];
    record_crash(signal_number, info->si_code, address, frames, (uint32_t)(count - first));
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
    void *frame;
    struct sigaction own = { .sa_flags = (int)(SA_SIGINFO | SA_ONSTACK | SA_RESETHAND) };

    has_stack_key = pthread_key_create(&stack_key, stack_end) == 0;
    /* The first backtrace loads the unwinder, which must not happen in a handler. */
    backtrace(&frame, 1);
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
