// VdsoData: the page that the vDSO reads beside its code, mapped read-only into every process.
// Callers: time/ writes it; clocks_vdso.cc reads it in user mode.
// Locks, context: written under the clock's lock with the sequence odd; readers retry.
#pragma once

#include "base/types.h"

namespace time {

// Plain fields with compiler atomics: the same layout is used by kernel and user code.
struct VdsoData {
    u32 sequence;  // odd while it is being written
    u32 use_tsc;   // 0: the counter cannot be read in user mode, make the system call
    u64 mult;      // as time::Scale
    u64 base_count;
    i64 base_ns;          // monotonic
    i64 realtime_offset;  // ns to add for CLOCK_REALTIME
    u32 cpu_by_tsc_aux;   // RDTSCP gives the CPU's number in its low 12 bits
    // As settimeofday(2) set it; outside the sequence.
    i32 minutes_west;
    i32 dst_time;
    u32 pad;
};

}  // namespace time
