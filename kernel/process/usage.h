// Usage: what getrusage(2), times(2) and wait4(2) report: processor time, faults, switches.
// Callers: process, linux, sched's clocks of processes.
// Locks, context: values only; of_process takes the signal lock.
#pragma once

#include <algorithm>

#include "abi/linux/resource.h"
#include "base/types.h"

namespace process {

class Task;
class Process;

struct Usage {
    u64 user_ns = 0, system_ns = 0;
    u64 minor_faults = 0, major_faults = 0;
    u64 voluntary_switches = 0, involuntary_switches = 0;
    u64 input_blocks = 0, output_blocks = 0;  // of 512 bytes
    u64 bytes_read = 0, bytes_written = 0, reads = 0, writes = 0;
    u64 peak_resident_kib = 0;

    // Peaks are compared, all else is added.
    Usage& operator+=(const Usage& o) {
        user_ns += o.user_ns, system_ns += o.system_ns;
        minor_faults += o.minor_faults, major_faults += o.major_faults;
        voluntary_switches += o.voluntary_switches, involuntary_switches += o.involuntary_switches;
        input_blocks += o.input_blocks, output_blocks += o.output_blocks;
        bytes_read += o.bytes_read, bytes_written += o.bytes_written;
        reads += o.reads, writes += o.writes;
        peak_resident_kib = std::max(peak_resident_kib, o.peak_resident_kib);
        return *this;
    }
    abi::rusage to_abi() const;
};

// Clock ticks of times(2), siginfo and /proc: 1/100 s.
inline constexpr u64 kNsPerTick = 10'000'000;

Usage usage_of(Task& task);
// All threads, those that are gone included; not the children.
Usage usage_of(Process& process);

}  // namespace process
