#include "process/wait.h"

#include "process/exit.h"
#include "process/trace.h"
#include "process/tree.h"
#include "process/wait_status.h"

namespace process {

namespace {

bool is_eligible(const Process& child, const WaitRequest& request) {
    switch (request.kind) {
        case WaitFor::kPid:
            if (child.pid() != request.id) return false;
            break;
        case WaitFor::kGroup:
            if (!child.group || child.group->pgid != request.id) return false;
            break;
        case WaitFor::kAny: break;
    }
    if ((request.options & static_cast<u32>(abi::__WALL)) != 0) return true;
    const bool is_clone = child.exit_signal != abi::SIGCHLD;
    return is_clone == ((request.options & abi::__WCLONE) != 0);
}

void describe(Process& child, WaitOutcome& out) {
    out.pid = child.pid();
    out.uid = child.uid;
    if (OptRef<Task> task = child.any_task()) {
        if (OptRef<object::Credentials> ids = task->credentials_of()) out.uid = ids->uid;
    }
}

bool has_tracee(const Process& self, const Task& task) {
    const Task* tracer = task.tracing.tracer.load(std::memory_order_relaxed);
    return tracer != nullptr && &tracer->process() == &self;
}

std::optional<WaitOutcome> take_end(Process& self, Process& child, u32 options) {
    // Its tracer, if that is another process, comes first.
    if (child.ended_leader != nullptr && !has_tracee(self, *child.ended_leader)) return std::nullopt;
    if (child.life != Life::kZombie || (options & static_cast<u32>(abi::WEXITED)) == 0) return std::nullopt;
    WaitOutcome out;
    out.pid = child.pid();
    out.uid = child.uid;
    out.wait_status = child.wait_status;
    const ChildCode code = child_code(child.wait_status);
    out.code = code.code;
    out.status = code.status;
    out.usage = child.final_usage;
    out.usage += child.children_usage;
    if ((options & static_cast<u32>(abi::WNOWAIT)) == 0) {
        self.children_usage += out.usage;
        reap(child);
    }
    return out;
}

std::optional<WaitOutcome> take_stop(Process& self, Process& child, u32 options) {
    WaitOutcome out;
    {
        auto s = child.signals().lock();
        // wait_for_tracee() tells of stops that this process itself has asked for.
        const bool own_tracee = !s->threads.empty() && has_tracee(self, *s->threads.front());
        if (own_tracee) options &= ~static_cast<u32>(abi::WSTOPPED);
        const bool keep = (options & static_cast<u32>(abi::WNOWAIT)) != 0;
        if (s->report_stop && s->stopped && (options & static_cast<u32>(abi::WSTOPPED)) != 0) {
            s->report_stop = keep;
            out.code = abi::CLD_STOPPED;
            out.status = s->stop_signal;
            out.wait_status = abi::W_STOPCODE(s->stop_signal);
        } else if (s->report_continue && (options & static_cast<u32>(abi::WCONTINUED)) != 0) {
            s->report_continue = keep;
            out.code = abi::CLD_CONTINUED;
            out.status = abi::SIGCONT;
            out.wait_status = abi::W_CONTINUED;
        } else {
            return std::nullopt;
        }
    }
    describe(child, out);
    out.usage = child.final_usage;
    return out;
}

}  // namespace

Result<std::optional<WaitOutcome>> wait_for_child(Task& self, const WaitRequest& request) {
    Process& process = self.process();
    std::optional<WaitOutcome> outcome;
    bool childless = false;
    const auto look = [&] {
        TreeGuard guard;
        bool any = false;
        outcome = wait_for_tracee(self, request, any);
        if (outcome) return true;
        for (Process& child : process.children) {
            if (!is_eligible(child, request)) continue;
            any = true;
            outcome = take_end(process, child, request.options);
            if (!outcome) outcome = take_stop(process, child, request.options);
            if (outcome) return true;
        }
        childless = !any;
        return childless || (request.options & static_cast<u32>(abi::WNOHANG)) != 0;
    };
    TRY(process.child_events.wait_interruptible(look));
    if (!outcome && childless) return Errno::kCHILD;
    return outcome;
}

}  // namespace process
