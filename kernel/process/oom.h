// The OOM killer: when memory is out it ends the process that gives most back.
// Callers: memory asks through its shortage handler; exceptions, for faults that found none; linux (process_mrelease).
// Locks, context: thread context that may sleep, under sleeping locks of any rank; no spin locks.
// Source: Linux 6.1, mm/oom_kill.c.
#pragma once

#include <atomic>
#include <optional>

#include "base/result.h"
#include "process/process.h"

namespace process::oom {

// /proc/sys/vm.
struct Settings {
    std::atomic<u64> panic{0};           // panic_on_oom
    std::atomic<u64> kill_asking{0};     // oom_kill_allocating_task
    std::atomic<u64> list_processes{1};  // oom_dump_tasks
};
extern Settings settings;

// Starts the reaper and registers the shortage handler. ENOMEM.
Result<void> init();

// A user fault found no memory: returns when it is worth another try, or the process is dying.
void wait_for_memory(Task& self);

// The badness of the process; nothing: it must not be ended.
std::optional<i64> badness_of(Process& process);

// process_mrelease(2): takes the private pages of a dying process at once. EINVAL: it is not dying; ESRCH: its memory
// is gone; EAGAIN.
Result<void> release_memory(Process& process);

}  // namespace process::oom
