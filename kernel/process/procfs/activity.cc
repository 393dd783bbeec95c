// /proc/PID/syscall, stack, wchan, children: what a thread does now.
#include "abi/linux/capability.h"
#include "log/symbols.h"
#include "process/procfs/subject.h"
#include "process/tree.h"
#include "sched/inspect.h"

namespace process::procfs {

using base::format_to;

namespace {

// Where a thread sleeps: the innermost function that is not the scheduler's. A return address stands behind its call.
log::Symbol waits_in(std::span<const u64> chain) {
    for (u64 address : chain) {
        const log::Symbol symbol = log::find_symbol(address - 1);
        if (!symbol.name.starts_with("sched::") && !symbol.name.starts_with("arch::")) return symbol;
    }
    return {};
}

void show_call(const arch::TrapFrame& f, SeqSink& out) {
    const i64 number = static_cast<i64>(f.orig_rax);
    format_to(out, "{}", number < 0 ? -1 : number);
    if (number >= 0) {
        for (u64 argument : {f.rdi, f.rsi, f.rdx, f.r10, f.r8, f.r9}) format_to(out, " {:#x}", argument);
    }
    format_to(out, " {:#x} {:#x}\n", f.rsp, f.rip);
}

}  // namespace

Result<void> show_system_call(const Subject& subject, const Caller& caller, SeqSink& out) {
    TRY(may_inspect(subject, caller));
    const OptRef<Task> task = subject.task();
    if (!task) return Errno::kSRCH;
    if (task.get() == task_of(caller.thread)) {
        show_call(arch::user_frame(*task), out);
        return {};
    }
    sched::Asleep asleep;
    if (!sched::inspect_sleeping(*task, asleep)) {
        out.write("running\n");
    } else {
        show_call(asleep.user, out);
    }
    return {};
}

Result<void> show_stack(const Subject& subject, const Caller& caller, SeqSink& out) {
    if (!caller.credentials.capable(abi::CAP_SYS_ADMIN)) return Errno::kACCES;
    TRY(may_inspect(subject, caller));
    const OptRef<Task> task = subject.task();
    sched::Asleep asleep;
    if (!task || !sched::inspect_sleeping(*task, asleep)) return {};
    for (u64 address : asleep.call_chain()) {
        const log::Symbol symbol = log::find_symbol(address - 1);
        format_to(out, "[<0>] {}+{:#x}\n", symbol.name, symbol.offset + 1);
    }
    return {};
}

Result<void> show_wait_channel(const Subject& subject, const Caller& caller, SeqSink& out) {
    const OptRef<Task> task = subject.task();
    sched::Asleep asleep;
    const bool told = task && may_inspect(subject, caller).ok() && sched::inspect_sleeping(*task, asleep);
    std::string_view name = told ? waits_in(asleep.call_chain()).name : std::string_view();
    if (const usize scope = name.rfind("::"); scope != name.npos) name.remove_prefix(scope + 2);
    out.write(name.empty() ? "0" : name);
    return {};
}

// Those that the thread made; the first thread also has those of threads that are gone.
Result<void> show_children(const Subject& subject, const Caller&, SeqSink& out) {
    Process& process = *subject.process;
    const auto is_its = [&](const Process& child) {
        return child.creator_tid == subject.id() || (subject.id() == process.pid() && !find_task(child.creator_tid));
    };
    Vector<i32> children;
    for (usize room = 16;; room *= 2) {
        TRY(children.try_resize(room));
        usize n = 0;
        {
            TreeGuard guard;
            for (const Process& child : process.children) {
                if (n < room) children[n] = child.pid();
                n++;
            }
        }
        if (n > room) continue;
        TRY(children.try_resize(n));
        break;
    }
    for (i32 pid : children) {
        if (const OptRef<Process> child = find_process(pid); child && is_its(*child)) format_to(out, "{} ", pid);
    }
    return {};
}

}  // namespace process::procfs
