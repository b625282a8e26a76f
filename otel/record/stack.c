#include "record/stack.h"

#include <stdbool.h>
#include <unwind.h>

struct walk {
    uint64_t *frames;
    size_t count;
    size_t max;
    uint64_t caller; /* 0: found, or not asked for */
};

static _Unwind_Reason_Code walk_frame(struct _Unwind_Context *context, void *argument)
{
    struct walk *walk = argument;
    int is_exact = 0;
    uint64_t address = _Unwind_GetIPInfo(context, &is_exact);

    if (address == 0 || walk->count == walk->max)
        return _URC_END_OF_STACK;
    if (walk->caller == address)
        walk->caller = 0;
    if (!walk->caller)
        walk->frames[walk->count++] = address - (is_exact ? 0 : 1);
    return _URC_NO_REASON;
}

size_t stack_capture(uint64_t *frames, size_t frames_max, const void *caller)
{
    struct walk walk = { .frames = frames, .max = frames_max, .caller = (uintptr_t)caller };

    (void)_Unwind_Backtrace(walk_frame, &walk);
    return walk.count;
}
