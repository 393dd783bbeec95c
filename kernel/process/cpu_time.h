// CpuTime: processor time used, in user mode and in the kernel.
// Callers: process, linux.
// Locks, context: any but NMI; cpu_time_of(Process&) takes the signal lock.
#pragma once

#include "base/types.h"

namespace process {

class Task;
class Process;

struct CpuTime {
    u64 user_ns = 0, system_ns = 0;
};
CpuTime cpu_time_of(Task& task);
// All threads, those that are gone included.
CpuTime cpu_time_of(Process& process);

}  // namespace process
