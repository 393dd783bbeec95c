#include "process/oom.h"

#include "log/log.h"
#include "memory/page_allocator.h"
#include "memory/reclaim.h"
#include "memory/stats.h"
#include "process/exit.h"
#include "process/oom_score.h"
#include "process/pid_table.h"
#include "process/signal.h"
#include "sched/scheduler.h"
#include "sched/wait_queue.h"
#include "sync/guarded.h"
#include "time/clock.h"

namespace process::oom {

constinit Settings settings;

namespace {

using memory::Shortage;

constexpr Duration kPause = Duration::milliseconds(20);       // between looks at a machine without memory
constexpr Duration kPatience = Duration::milliseconds(2000);  // for a victim that does not give its memory up
constexpr int kReapTries = 10;                                // Linux: MAX_OOM_REAP_RETRIES, a tenth of a second apart

// Whose memory is being waited for.
struct Victim {
    OptRef<vm::AddressSpace> space;
    i32 pid = 0;
    FixedString<15> name;
    Instant since;
    bool reaped = false;  // the reaper has seen it
};
constinit sync::Guarded<Victim, sync::SpinLock<sync::Rank::kOom>> victim;
constinit std::atomic<bool> choosing{false};
constinit sched::WaitQueue reaper_queue, progress_queue;

bool is_dying(Task& task) { return task.killed() || task.exiting.load(std::memory_order_relaxed); }

OptRef<vm::AddressSpace> space_of(Process& process) {
    const OptRef<Task> task = process.any_task();
    return task ? task->address_space_of() : nullptr;
}

// fn(process) for each that was not reaped.
template <typename Fn>
void for_each_process(Fn fn) {
    const auto is_process = [](const pid::Slot& slot) {
        return slot.process.load(std::memory_order_relaxed) != nullptr;
    };
    for (i32 pid = pid::next(1, is_process); pid != 0; pid = pid::next(pid + 1, is_process))
        if (OptRef<Process> process = find_process(pid)) fn(*process);
}

struct Candidate {
    OptRef<Process> process;
    i64 badness = 0;
};

Candidate choose() {
    Candidate best;
    for_each_process([&](Process& process) {
        const std::optional<i64> points = badness_of(process);
        if (!points || (best.process && *points <= best.badness)) return;
        best.process = Ref<Process>(process);
        best.badness = *points;
    });
    return best;
}

constexpr u64 kib(u64 pages) { return pages * (kPageSize / 1024); }
u64 positive(const std::atomic<i64>& pages) {
    const i64 n = pages.load(std::memory_order_relaxed);
    return n < 0 ? 0 : static_cast<u64>(n);
}

// Small processes are counted, not listed: there may be thousands, and none of them is what the reader looks for.
void list_processes() {
    const u64 least = memory::total_pages() / 1000;
    u64 small = 0;
    log::info("Tasks state (memory values in pages):");
    log::info("[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name");
    for_each_process([&](Process& process) {
        const OptRef<Task> task = process.any_task();
        const OptRef<vm::AddressSpace> space = task ? task->address_space_of() : nullptr;
        if (!space) return;
        const vm::SpaceCounters& c = space->counters;
        if (c.resident() < least) return void(small++);
        const OptRef<object::Credentials> credentials = task->credentials_of();
        log::info("[{:>7}] {:>5} {:>5} {:>8} {:>8} {:>8} {:>8}         {:>5} {}", process.pid(),
                  credentials ? credentials->uid : 0, process.pid(), c.total.load(std::memory_order_relaxed),
                  c.resident(), positive(c.page_tables) * kPageSize, 0,
                  process.oom_score_adjustment.load(std::memory_order_relaxed), task->name.view());
    });
    if (small > 0) log::info("and {} smaller ones", small);
}

void report(const sched::Thread& asking, unsigned order) {
    const memory::Stats m = memory::stats();
    log::warn("{} invoked oom-killer: order={}", asking.name.view(), order);
    log::info("Mem-Info: total:{}kB free:{}kB anon:{}kB file:{}kB shmem:{}kB slab:{}kB pagetables:{}kB stacks:{}kB",
              kib(m.total), kib(m.free), kib(m.anonymous), kib(m.file_pages), kib(m.shared_pages), kib(m.slab),
              kib(m.page_tables), kib(m.kernel_stacks));
    if (settings.list_processes.load(std::memory_order_relaxed) != 0) list_processes();
}

void report_kill(Process& process, const vm::AddressSpace& space) {
    const OptRef<Task> task = process.any_task();
    const OptRef<object::Credentials> credentials = task ? task->credentials_of() : nullptr;
    const vm::SpaceCounters& c = space.counters;
    log::error(
        "Out of memory: Killed process {} ({}) total-vm:{}kB, anon-rss:{}kB, file-rss:{}kB, shmem-rss:{}kB, "
        "UID:{} pgtables:{}kB oom_score_adj:{}",
        process.pid(), task ? task->name.view() : process.name.view(), kib(c.total.load(std::memory_order_relaxed)),
        kib(positive(c.anonymous)), kib(positive(c.file)), kib(positive(c.shared)), credentials ? credentials->uid : 0,
        kib(positive(c.page_tables)), process.oom_score_adjustment.load(std::memory_order_relaxed));
}

// SIGKILL to the process and all that share its memory, which then is the reaper's. False: it had none any more.
bool kill(Process& process) {
    OptRef<vm::AddressSpace> space = space_of(process);
    if (!space) return false;
    report_kill(process, *space);
    for_each_process([&](Process& other) {
        if (other.is_init()) return;
        if (&other == &process || space_of(other).get() == space.get())
            (void)send_signal(other, SignalInfo::kernel(abi::SIGKILL));
    });
    const OptRef<Task> task = process.any_task();
    {
        auto v = victim.lock();
        v->pid = process.pid();
        v->name.assign(task ? task->name.view() : process.name.view());
        v->since = time::now();
        v->reaped = false;
        std::swap(v->space, space);
    }
    reaper_queue.wake_all();
    return true;
}

// Whether an earlier victim still has memory to give. One that has kept us waiting too long is given up.
bool waits_for_victim() {
    OptRef<vm::AddressSpace> given_up;
    {
        auto v = victim.lock();
        if (!v->space) return false;
        if (time::now() - v->since < kPatience) return true;
        std::swap(given_up, v->space);
    }
    given_up->give_up_reaping();
    return false;
}

Shortage choose_and_kill(Task* asking, unsigned order) {
    if (order == 0 && !memory::is_short()) return Shortage::kRetry;
    if (waits_for_victim()) return Shortage::kRetry;
    if (settings.panic.load(std::memory_order_relaxed) != 0) {
        report(sched::current(), order);
        log::panic("Out of memory: panic_on_oom is set");
    }
    Candidate found;
    if (settings.kill_asking.load(std::memory_order_relaxed) != 0 && asking != nullptr && badness_of(asking->process()))
        found.process = Ref<Process>(asking->process());
    if (!found.process) found = choose();
    if (!found.process) return Shortage::kFail;
    report(sched::current(), order);
    (void)kill(*found.process);
    return Shortage::kRetry;
}

Shortage on_shortage(unsigned order) {
    sched::Thread& self = sched::current();
    Task* task = task_of(self);
    if (task != nullptr && is_dying(*task)) return Shortage::kUseReserve;
    if (!choosing.exchange(true, std::memory_order_acquire)) {
        const Shortage answer = choose_and_kill(task, order);
        choosing.store(false, std::memory_order_release);
        if (answer == Shortage::kFail) return answer;
    }
    if (task != nullptr && is_dying(*task)) return Shortage::kUseReserve;
    (void)progress_queue.wait_until([] { return !victim.lock()->space; }, time::now() + kPause);
    return Shortage::kRetry;
}

void reap_victim(vm::AddressSpace& space, i32 pid, std::string_view name) {
    for (int tries = 0; tries < kReapTries; tries++) {
        if (space.reap()) {
            const vm::SpaceCounters& c = space.counters;
            log::info("oom_reaper: reaped process {} ({}), now anon-rss:{}kB, file-rss:{}kB, shmem-rss:{}kB", pid, name,
                      kib(positive(c.anonymous)), kib(positive(c.file)), kib(positive(c.shared)));
            return;
        }
        (void)sched::sleep_for(Duration::milliseconds(100), sched::SleepMode::kUninterruptible);
    }
    log::info("oom_reaper: unable to reap pid:{} ({})", pid, name);
    space.give_up_reaping();
}

void run_reaper(void*) {
    for (;;) {
        OptRef<vm::AddressSpace> space;
        i32 pid = 0;
        FixedString<15> name;
        reaper_queue.wait_idle([&] {
            auto v = victim.lock();
            if (!v->space || v->reaped) return false;
            v->reaped = true;
            space = v->space;
            pid = v->pid;
            name.assign(v->name.view());
            return true;
        });
        reap_victim(*space, pid, name.view());
        memory::drain_page_caches();
        OptRef<vm::AddressSpace> done;
        {
            auto v = victim.lock();
            if (v->space.get() == space.get()) std::swap(done, v->space);
        }
        progress_queue.wake_all();
    }
}

}  // namespace

std::optional<i64> badness_of(Process& process) {
    if (process.is_init()) return std::nullopt;
    const OptRef<Task> task = process.any_task();
    const OptRef<vm::AddressSpace> space = task ? task->address_space_of() : nullptr;
    // Memory that a vfork's parent waits for is that parent's.
    if (!space || space->reaped() || task->holds_vfork_parent.load(std::memory_order_relaxed)) return std::nullopt;
    return badness(space->counters.resident(), positive(space->counters.page_tables),
                   process.oom_score_adjustment.load(std::memory_order_relaxed), memory::total_pages());
}

void wait_for_memory(Task& self) {
    if (is_dying(self) || !memory::is_short()) return;
    if (on_shortage(0) != Shortage::kFail) return;
    if (self.process().is_init()) {
        (void)sched::sleep_for(kPause, sched::SleepMode::kUninterruptible);
        return;
    }
    log::error("Out of memory and no killable processes: killed process {} ({})", self.process().pid(),
               self.name.view());
    start_group_exit(self.process(), abi::SIGKILL);
}

Result<void> release_memory(Process& process) {
    const OptRef<Task> task = process.any_task();
    const OptRef<vm::AddressSpace> space = task ? task->address_space_of() : nullptr;
    if (!space) return Errno::kSRCH;
    bool all_dying = true;
    for_each_process([&](Process& other) {
        const OptRef<Task> one = other.any_task();
        if (one && one->address_space_of().get() == space.get() && !is_dying(*one)) all_dying = false;
    });
    if (!all_dying && !space->reaped()) return Errno::kINVAL;
    if (!space->reap()) return Errno::kAGAIN;
    return {};
}

Result<void> init() {
    TRY(sched::spawn("oom_reaper", run_reaper, nullptr));
    memory::set_shortage_handler(on_shortage);
    return {};
}

}  // namespace process::oom
