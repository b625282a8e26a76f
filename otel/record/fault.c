/* What a dying process and the one that reaps it leave in the segment. */
#include "base/clock.h"
#include "record/hook_entry.h"
#include "record/thread.h"
#include "segment/death.h"
#include "segment/slot.h"

void record_death(int32_t pid, int32_t status)
{
    if (record_process.segment)
        death_note(&record_process.segment->header,
                   &(struct death){ .pid = pid,
                                    .status = status,
                                    .reaper_pid = record_process.pid,
                                    .time_ns = clock_wall_ns() });
}

void record_crash(int signal_number, int code, uint64_t address, const uint64_t *frames,
                  uint32_t frame_count)
{
    struct segment_crash crash = {
        .signal = signal_number,
        .code = code,
        .address = address,
        .time_ns = clock_wall_ns(),
        .frame_count = frame_count < SEGMENT_STACK_FRAMES ? frame_count : SEGMENT_STACK_FRAMES,
    };

    if (!record_process.segment || !record_thread.slot)
        return;
    for (uint32_t i = 0; i < crash.frame_count; i++)
        crash.frames[i] = frames[i];
    slot_crash_note(record_thread.slot, &crash);
}
