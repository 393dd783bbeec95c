// Clocks of processor time: of a process or a thread, by Linux's clock numbers.
// Callers: linux/time, linux/sleep, process/timers.
// Locks, context: decoding is pure; reading takes the process's signal lock for a moment.
#pragma once

#include <optional>

#include "base/result.h"
#include "base/types.h"
#include "process/cpu_time.h"

namespace process {

class Task;
class Process;

// Linux: include/linux/posix-timers.h. The id in bits 3.., inverted (glibc's clock_getcpuclockid,
// pthread_getcpuclockid); bit 2: a thread's; bits 0-1: what counts.
struct CpuClock {
    enum class Counts : u8 { kAll = 0, kUser = 1, kScheduled = 2 };
    Counts counts = Counts::kScheduled;
    bool of_thread = false;
    i32 id = 0;  // pid or tid; 0: the caller's own
    constexpr bool operator==(const CpuClock&) const = default;

    // Nothing: no clock of processor time (dynamic clocks of descriptors among them).
    static std::optional<CpuClock> decode(i32 clock);
    // Of what was used up to now.
    u64 select(const CpuTime& used) const {
        return counts == Counts::kUser ? used.user_ns : used.user_ns + used.system_ns;
    }
};

// Nanoseconds. EINVAL: no such process, or a thread of another process.
Result<u64> read_cpu_clock(Task& caller, const CpuClock& clock);

}  // namespace process
