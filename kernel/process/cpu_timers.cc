// Timers on processor time: looked at 250 times a second while a thread of the process runs.
#include <algorithm>

#include "abi/linux/sched.h"
#include "arch/cpu.h"
#include "base/owner_of.h"
#include "process/process.h"
#include "process/signal.h"
#include "process/timers.h"
#include "time/interval.h"

namespace process {

namespace {

// RLIMIT_CPU: SIGXCPU at the soft limit and each second after it, SIGKILL at the hard one (setrlimit(2)).
void enforce_cpu_limit(Process& process, const CpuTime& used) {
    Limits& limits = process.limits();
    const u64 soft = limits.soft(abi::RLIMIT_CPU), hard = limits.hard(abi::RLIMIT_CPU);
    const u64 seconds = (used.user_ns + used.system_ns) / 1'000'000'000;
    if (seconds >= hard) {
        (void)send_signal(process, SignalInfo::kernel(abi::SIGKILL));
    } else if (seconds >= soft) {
        limits.set(abi::RLIMIT_CPU, {seconds + 1, hard});  // as Linux: the limit itself moves
        (void)send_signal(process, SignalInfo::kernel(abi::SIGXCPU));
    }
}

}  // namespace

ProcessTimers::Setting ProcessTimers::cpu_setting(CpuTimer& timer, u64 now) {
    auto cpu = cpu_.lock();
    Setting s{0, static_cast<i64>(timer.interval_ns)};
    if (timer.node.linked()) s.left_ns = timer.at_ns > now ? static_cast<i64>(timer.at_ns - now) : 1;
    return s;
}

ProcessTimers::Setting ProcessTimers::set_cpu(Task& self, CpuTimer& timer, u64 at_ns, u64 interval_ns) {
    const Setting old = cpu_setting(timer, read_cpu_clock(self, timer.clock).value_or(0));
    auto cpu = cpu_.lock();
    if (timer.node.linked()) {
        timer.node.unlink();
        cpu_armed_.fetch_sub(1, std::memory_order_relaxed);
    }
    timer.at_ns = at_ns;
    timer.interval_ns = interval_ns;
    if (at_ns != 0) {
        cpu->armed.push_back(timer);
        cpu_armed_.fetch_add(1, std::memory_order_relaxed);
    }
    return old;
}

void ProcessTimers::stop_cpu(CpuTimer& timer) {
    for (;;) {
        auto cpu = cpu_.lock();
        if (timer.node.linked()) {
            timer.node.unlink();
            cpu_armed_.fetch_sub(1, std::memory_order_relaxed);
        }
        if (cpu->running == 0) return;
        cpu.unlock();
        arch::pause();
    }
}

void ProcessTimers::look_at_cpu_timers(Task& running) {
    if (cpu_armed_.load(std::memory_order_relaxed) == 0) return;
    const CpuTime process_time = cpu_time_of(process_);
    const CpuTime thread_time = cpu_time_of(running);
    auto cpu = cpu_.lock();
    cpu->running++;
    for (bool again = true; again;) {
        again = false;
        for (CpuTimer& timer : cpu->armed) {
            // A thread's clock moves only while that thread runs.
            if (timer.clock.of_thread && timer.clock.id != running.tid()) continue;
            const u64 now = timer.clock.select(timer.clock.of_thread ? thread_time : process_time);
            if (now < timer.at_ns) continue;
            i64 at = static_cast<i64>(timer.at_ns);
            const u64 count = time::pass_intervals(at, static_cast<i64>(timer.interval_ns), static_cast<i64>(now));
            timer.at_ns = static_cast<u64>(at);
            if (timer.interval_ns == 0) {
                timer.node.unlink();
                cpu_armed_.fetch_sub(1, std::memory_order_relaxed);
            }
            cpu.unlock();
            timer.expired(timer, count);
            cpu.relock();
            again = true;  // the list may have changed: from its start
            break;
        }
    }
    cpu->running--;
}

void on_user_tick(sched::Thread& thread) {
    Task* task = task_of(thread);
    if (task == nullptr) return;
    Process& process = task->process();
    if (ProcessTimers* timers = process.timers.load(std::memory_order_acquire)) timers->look_at_cpu_timers(*task);
    if (process.limits().soft(abi::RLIMIT_CPU) != abi::RLIM_INFINITY) [[unlikely]]
        enforce_cpu_limit(process, cpu_time_of(process));
    if (thread.dl_overran) [[unlikely]] {
        thread.dl_overran = false;
        if ((thread.dl.flags & abi::SCHED_FLAG_DL_OVERRUN) != 0)
            (void)send_signal(process, SignalInfo::kernel(abi::SIGXCPU));
    }
}

}  // namespace process
