// /proc/PID/stat, statm, status: formats of Linux 6.1 fs/proc/array.c and task_mmu.c, which ps, top and others parse.
#include "process/procfs/subject.h"
#include "process/seccomp.h"
#include "process/signal_state.h"
#include "process/trace.h"
#include "process/tree.h"
#include "sched/scheduler.h"

namespace process::procfs {

using base::format_to;

StateName state_of(const Subject& subject, const Task* task) {
    if (task == nullptr) return {'Z', "zombie"};
    const u32 state = task->state.load(std::memory_order_relaxed);
    if ((state & sched::state::kStopped) != 0) return {'T', "stopped"};
    if ((state & sched::state::kTraced) != 0) return {'t', "tracing stop"};
    if ((state & (sched::state::kUninterruptible | sched::state::kKillable)) != 0) return {'D', "disk sleep"};
    if ((state & sched::state::kIdleWait) != 0) return {'I', "idle"};
    if ((state & sched::state::kInterruptible) != 0) return {'S', "sleeping"};
    return {'R', "running"};
}

namespace {

// Relations, copied under the tree lock.
struct Relations {
    i32 parent = 0, group = 0, session = 0;
    u32 terminal = 0;
    i32 terminal_group = -1;
    Usage children;
};

Relations relations_of(const Process& process) {
    Relations r;
    OptRef<Terminal> terminal;
    {
        TreeGuard guard;
        r.parent = process.parent != nullptr ? process.parent->pid() : 0;
        if (process.group) {
            r.group = process.group->pgid;
            r.session = process.group->session().sid;
            terminal = process.group->session().terminal;
        }
        r.children = process.children_usage;
    }
    if (terminal) {
        r.terminal = terminal->device_number();
        r.terminal_group = foreground_group_of(*terminal);
    }
    return r;
}

struct SignalView {
    SignalSet own, shared, blocked, ignored, caught;
    u32 threads = 0;
    u64 queued = 0;
};

SignalView signals_of(Process& process, const Task* task) {
    SignalView v;
    auto s = process.signals().lock();
    v.threads = s->thread_count;
    v.shared = s->pending.pending();
    v.queued = s->pending.queued();
    if (s->actions) {
        v.ignored = s->actions->explicitly_ignored();
        v.caught = s->actions->caught();
    }
    if (task != nullptr) {
        v.own = task->signals.pending.pending();
        v.blocked = task->signals.blocked;
        v.queued += task->signals.pending.queued();
    }
    return v;
}

std::string_view name_of(const Subject& subject, const Task* task) {
    return task != nullptr ? task->name.view() : subject.process->name.view();
}

constexpr u64 ticks(u64 ns) { return ns / kNsPerTick; }
constexpr u64 kib(u64 pages) { return pages * (kPageSize / 1024); }
u64 relaxed(const std::atomic<u64>& v) { return v.load(std::memory_order_relaxed); }
u64 positive(const std::atomic<i64>& v) {
    const i64 n = v.load(std::memory_order_relaxed);
    return n < 0 ? 0 : static_cast<u64>(n);
}

}  // namespace

Result<void> show_stat(const Subject& subject, const Caller& caller, SeqSink& out) {
    Process& process = *subject.process;
    const OptRef<Task> task = subject.task();
    const Relations r = relations_of(process);
    const SignalView signals = signals_of(process, task.get());
    Usage usage;
    if (!task) {
        usage = process.final_usage;
    } else {
        usage = subject.thread != 0 ? usage_of(*task) : usage_of(process);
    }
    const OptRef<vm::AddressSpace> space = task ? task->address_space_of() : nullptr;
    const bool secrets = may_inspect(subject, caller).ok();
    const i32 nice = task ? task->nice : 0;
    const i32 inherited = task ? task->rt_priority : 0, real_time = task ? task->own_rt_priority : 0;
    const u64 start = ticks(static_cast<u64>(task && subject.thread != 0 ? task->started.ns : process.started.ns));

    format_to(out, "{} ({}) {} {} {} {} {} {} {} ", subject.id(), name_of(subject, task.get()),
              state_of(subject, task.get()).letter, r.parent, r.group, r.session, r.terminal, r.terminal_group,
              task ? 4194304u : 4194308u);
    format_to(out, "{} {} {} {} {} {} {} {} ", usage.minor_faults, r.children.minor_faults, usage.major_faults,
              r.children.major_faults, ticks(usage.user_ns), ticks(usage.system_ns), ticks(r.children.user_ns),
              ticks(r.children.system_ns));
    format_to(out, "{} {} {} 0 {} {} {} {} ", inherited != 0 ? -1 - inherited : 20 + nice, nice, signals.threads, start,
              space ? relaxed(space->counters.total) * kPageSize : 0, space ? space->counters.resident() : 0,
              process.limits().soft(abi::RLIMIT_RSS));
    if (space && secrets) {
        format_to(out, "{} {} {} 0 0 ", space->start_code, space->end_code, space->start_stack);
    } else {
        format_to(out, "{} {} 0 0 0 ", space ? 1 : 0, space ? 1 : 0);
    }
    constexpr u64 kOld = 0x7fffffff;  // the first 31 signals: these fields are from before real-time ones
    format_to(out, "{} {} {} {} 0 0 0 {} {} {} {} 0 0 0 ", (signals.own | signals.shared).bits & kOld,
              signals.blocked.bits & kOld, signals.ignored.bits & kOld, signals.caught.bits & kOld, process.exit_signal,
              task ? task->cpu.load(std::memory_order_relaxed) : 0, real_time,
              task ? static_cast<int>(task->policy) : 0);
    if (space && secrets) {
        format_to(out, "{} {} {} {} {} {} {} ", space->start_data, space->end_data, space->start_brk, space->arg_start,
                  space->arg_end, space->env_start, space->env_end);
    } else {
        format_to(out, "0 0 0 0 0 0 0 ");
    }
    format_to(out, "{}\n", task ? 0 : process.wait_status);
    return {};
}

Result<void> show_statm(const Subject& subject, const Caller&, SeqSink& out) {
    const OptRef<Task> task = subject.task();
    const OptRef<vm::AddressSpace> space = task ? task->address_space_of() : nullptr;
    if (!space) {
        format_to(out, "0 0 0 0 0 0 0\n");
        return {};
    }
    const vm::SpaceCounters& c = space->counters;
    const u64 text = pages_for(space->end_code) - (space->start_code >> kPageShift);
    format_to(out, "{} {} {} {} 0 {} 0\n", relaxed(c.total), c.resident(), positive(c.file) + positive(c.shared), text,
              relaxed(c.data) + relaxed(c.stack));
    return {};
}

namespace {

void show_memory(const vm::AddressSpace& space, SeqSink& out) {
    const vm::SpaceCounters& c = space.counters;
    const auto line = [&](std::string_view name, u64 pages) { format_to(out, "{}:\t{:>8} kB\n", name, kib(pages)); };
    const u64 text = pages_for(space.end_code) - (space.start_code >> kPageShift);
    const u64 exec = relaxed(c.exec);
    line("VmPeak", std::max(relaxed(c.peak_total), relaxed(c.total)));
    line("VmSize", relaxed(c.total));
    line("VmLck", relaxed(c.locked));
    line("VmPin", 0);
    line("VmHWM", std::max(relaxed(c.peak_rss), c.resident()));
    line("VmRSS", c.resident());
    line("RssAnon", positive(c.anonymous));
    line("RssFile", positive(c.file));
    line("RssShmem", positive(c.shared));
    line("VmData", relaxed(c.data));
    line("VmStk", relaxed(c.stack));
    line("VmExe", text);
    line("VmLib", exec > text ? exec - text : 0);
    line("VmPTE", positive(c.page_tables));
    line("VmSwap", 0);
    format_to(out, "HugetlbPages:\t{:>8} kB\nCoreDumping:\t0\nTHP_enabled:\t{}\n", positive(c.huge) * 2048,
              space.large_pages_off.load(std::memory_order_relaxed) ? 0 : 1);
}

void show_credentials(const object::Credentials& c, SeqSink& out) {
    format_to(out, "Uid:\t{}\t{}\t{}\t{}\nGid:\t{}\t{}\t{}\t{}\n", c.uid, c.euid, c.suid, c.fsuid, c.gid, c.egid,
              c.sgid, c.fsgid);
}

void show_capabilities(const object::Credentials& c, SeqSink& out) {
    format_to(out, "CapInh:\t{:016x}\nCapPrm:\t{:016x}\nCapEff:\t{:016x}\nCapBnd:\t{:016x}\nCapAmb:\t{:016x}\n",
              c.inheritable.bits, c.permitted.bits, c.effective.bits, c.bounding.bits, c.ambient.bits);
    format_to(out, "NoNewPrivs:\t{}\n", c.no_new_privs ? 1 : 0);
}

// "0-3": online CPUs that the mask allows, as ranges.
void show_cpus(const hw::CpuMask& mask, SeqSink& out) {
    const u32 cpus = hw::cpus_online();
    u64 bits = 0;
    for (u32 cpu = 0; cpu < cpus && cpu < 64; cpu++) bits |= mask.test(cpu) ? u64{1} << cpu : 0;
    format_to(out, "Cpus_allowed:\t{:x}\nCpus_allowed_list:\t", bits);
    bool first = true;
    for (u32 cpu = 0; cpu < 64; cpu++) {
        if (((bits >> cpu) & 1) == 0) continue;
        u32 last = cpu;
        while (last + 1 < 64 && ((bits >> (last + 1)) & 1) != 0) last++;
        if (last == cpu) {
            format_to(out, "{}{}", first ? "" : ",", cpu);
        } else {
            format_to(out, "{}{}-{}", first ? "" : ",", cpu, last);
        }
        first = false;
        cpu = last;
    }
    format_to(out, "\n");
}

}  // namespace

namespace {
i32 tracer_of(const Task& task) {
    TreeGuard guard;
    const Task* tracer = task.tracing.tracer.load(std::memory_order_relaxed);
    return tracer != nullptr ? tracer->process().pid() : 0;
}
}  // namespace

Result<void> show_status(const Subject& subject, const Caller&, SeqSink& out) {
    Process& process = *subject.process;
    const OptRef<Task> task = subject.task();
    const Relations r = relations_of(process);
    const SignalView signals = signals_of(process, task.get());
    const StateName state = state_of(subject, task.get());
    const OptRef<object::Credentials> ids = task ? task->credentials_of() : nullptr;
    const OptRef<fs::FsContext> context = task ? task->fs_of() : nullptr;
    const OptRef<object::DescriptorTable> files = task ? task->files_of() : nullptr;

    format_to(out, "Name:\t{}\n", name_of(subject, task.get()));
    if (context) format_to(out, "Umask:\t{:04o}\n", context->umask());
    format_to(out, "State:\t{} ({})\nTgid:\t{}\nNgid:\t0\nPid:\t{}\nPPid:\t{}\nTracerPid:\t{}\n", state.letter,
              state.word, process.pid(), subject.id(), r.parent, task ? tracer_of(*task) : 0);
    if (ids) {
        show_credentials(*ids, out);
    } else {
        format_to(out, "Uid:\t{}\t{}\t{}\t{}\nGid:\t{}\t{}\t{}\t{}\n", process.uid, process.euid, process.euid,
                  process.euid, process.gid, process.gid, process.gid, process.gid);
    }
    format_to(out, "FDSize:\t{}\nGroups:\t", files ? files->capacity() : 0);
    if (ids) {
        for (u32 group : ids->groups) format_to(out, "{} ", group);
    }
    format_to(out, "\nNStgid:\t{}\nNSpid:\t{}\nNSpgid:\t{}\nNSsid:\t{}\n", process.pid(), subject.id(), r.group,
              r.session);
    if (const OptRef<vm::AddressSpace> space = task ? task->address_space_of() : nullptr) show_memory(*space, out);
    format_to(out, "Threads:\t{}\nSigQ:\t{}/{}\n", std::max(signals.threads, 1u), signals.queued,
              process.limits().soft(abi::RLIMIT_SIGPENDING));
    format_to(out, "SigPnd:\t{:016x}\nShdPnd:\t{:016x}\nSigBlk:\t{:016x}\nSigIgn:\t{:016x}\nSigCgt:\t{:016x}\n",
              signals.own.bits, signals.shared.bits, signals.blocked.bits, signals.ignored.bits, signals.caught.bits);
    if (ids) show_capabilities(*ids, out);
    format_to(out, "Seccomp:\t{}\nSeccomp_filters:\t{}\n",
              task ? task->seccomp_mode.load(std::memory_order_relaxed) : 0, task ? seccomp_filter_count(*task) : 0);
    format_to(out,
              "Speculation_Store_Bypass:\tnot vulnerable\n"
              "SpeculationIndirectBranch:\tunknown\n");
    if (task) show_cpus(task->affinity, out);
    const Usage usage = task ? usage_of(*task) : process.final_usage;
    format_to(
        out, "Mems_allowed:\t1\nMems_allowed_list:\t0\nvoluntary_ctxt_switches:\t{}\nnonvoluntary_ctxt_switches:\t{}\n",
        usage.voluntary_switches, usage.involuntary_switches);
    return {};
}

}  // namespace process::procfs
