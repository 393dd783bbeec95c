#include "process/usage.h"

#include "process/process.h"
#include "sched/scheduler.h"

namespace process {

namespace {
abi::timeval timeval_of(u64 ns) {
    return {static_cast<i64>(ns / 1'000'000'000), static_cast<i64>(ns % 1'000'000'000 / 1000)};
}
}  // namespace

abi::rusage Usage::to_abi() const {
    abi::rusage out{};
    out.ru_utime = timeval_of(user_ns);
    out.ru_stime = timeval_of(system_ns);
    out.ru_maxrss = static_cast<i64>(peak_resident_kib);
    out.ru_minflt = static_cast<i64>(minor_faults);
    out.ru_majflt = static_cast<i64>(major_faults);
    out.ru_inblock = static_cast<i64>(input_blocks);
    out.ru_oublock = static_cast<i64>(output_blocks);
    out.ru_nvcsw = static_cast<i64>(voluntary_switches);
    out.ru_nivcsw = static_cast<i64>(involuntary_switches);
    return out;
}

Usage usage_of(Task& task) {
    const sched::ThreadTimes times = sched::thread_times(task);
    Usage u;
    u.user_ns = times.user_ns;
    u.system_ns = times.system_ns;
    u.minor_faults = task.minor_faults;
    u.major_faults = task.major_faults;
    u.bytes_read = task.transfers.bytes_read, u.bytes_written = task.transfers.bytes_written;
    u.reads = task.transfers.reads, u.writes = task.transfers.writes;
    u.voluntary_switches = task.voluntary_switches.load(std::memory_order_relaxed);
    u.involuntary_switches = task.involuntary_switches.load(std::memory_order_relaxed);
    return u;
}

Usage usage_of(Process& process) {
    Usage total;
    OptRef<Task> any = process.any_task();
    {
        auto s = process.signals().lock();
        total = s->usage;
        for (Task& task : s->threads) total += usage_of(task);
    }
    if (any) {
        if (OptRef<vm::AddressSpace> space = any->address_space_of()) {
            const u64 peak =
                std::max(space->counters.peak_rss.load(std::memory_order_relaxed), space->counters.resident());
            total.peak_resident_kib = std::max(total.peak_resident_kib, peak * (kPageSize / 1024));
        }
    }
    return total;
}

}  // namespace process
