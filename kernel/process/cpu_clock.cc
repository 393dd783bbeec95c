#include "process/cpu_clock.h"

#include "abi/linux/time.h"
#include "process/process.h"
#include "sched/scheduler.h"

namespace process {

CpuTime cpu_time_of(Task& task) {
    const sched::ThreadTimes times = sched::thread_times(task);
    return {times.user_ns, times.system_ns};
}

CpuTime cpu_time_of(Process& process) {
    auto s = process.signals().lock();
    CpuTime total{s->usage.user_ns, s->usage.system_ns};
    for (Task& task : s->threads) {
        const CpuTime used = cpu_time_of(task);
        total.user_ns += used.user_ns;
        total.system_ns += used.system_ns;
    }
    return total;
}

namespace {
u64 read_thread(const CpuClock& clock, Task& task) {
    return clock.counts == CpuClock::Counts::kUser ? cpu_time_of(task).user_ns : sched::run_time(task);
}
}  // namespace

Result<u64> read_cpu_clock(Task& caller, const CpuClock& clock) {
    if (clock.of_thread) {
        if (clock.id == 0 || clock.id == caller.tid()) return read_thread(clock, caller);
        const OptRef<Task> task = find_task(clock.id);
        if (!task || &task->process() != &caller.process()) return Errno::kINVAL;
        return read_thread(clock, *task);
    }
    if (clock.id == 0 || clock.id == caller.process().pid() || clock.id == caller.tid())
        return clock.select(cpu_time_of(caller.process()));
    const OptRef<Process> process = find_process(clock.id);
    if (!process) return Errno::kINVAL;
    return clock.select(cpu_time_of(*process));
}

}  // namespace process
