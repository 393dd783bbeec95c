// Linux: kernel/seccomp.c.
#include "process/seccomp.h"

#include "abi/linux/prctl.h"
#include "abi/linux/ptrace.h"
#include "log/log.h"
#include "process/classic_bpf.h"
#include "process/core_dump.h"
#include "process/exit.h"
#include "process/signal.h"
#include "process/signal_state.h"
#include "process/trace.h"
#include "process/wait_status.h"

namespace process {

namespace {
constexpr u32 kMaxChain = (1 << 18) / sizeof(abi::sock_filter);  // MAX_INSNS_PER_PATH
constexpr u32 kCostOfFilter = 4;                                 // each counts as so many instructions more
constexpr u32 kMaxErrno = 4095;
}  // namespace

struct SeccompChain {
    static u32 length(const SeccompFilter* f) { return f == nullptr ? 0 : f->instructions_; }
    static u32 depth(const SeccompFilter* f) { return f == nullptr ? 0 : f->depth_; }
    static void put_before(SeccompFilter& f, SeccompFilter* old) {
        f.instructions_ = static_cast<u32>(f.program_.size()) + kCostOfFilter + length(old);
        f.depth_ = depth(old) + 1;
        if (old != nullptr) f.previous_ = OptRef<SeccompFilter>(Ref<SeccompFilter>(*old));
    }
    static const SeccompFilter* previous(const SeccompFilter* f) { return f->previous_.get(); }
    static bool contains(const SeccompFilter* chain, const SeccompFilter* wanted) {
        if (wanted == nullptr) return true;
        for (; chain != nullptr; chain = previous(chain)) {
            if (chain == wanted) return true;
        }
        return false;
    }
    struct Verdict {
        u32 value = abi::SECCOMP_RET_ALLOW;
        bool logs = false;
    };
    // The smallest action as a signed number: killing the process comes before all.
    static Verdict ask(const SeccompFilter* chain, const abi::seccomp_data& data) {
        Verdict verdict;
        const auto action = [](u32 value) { return static_cast<i32>(value & abi::SECCOMP_RET_ACTION_FULL); };
        for (const SeccompFilter* f = chain; f != nullptr; f = previous(f)) {
            const u32 value = bpf::run(f->program_.span(), data);
            if (action(value) < action(verdict.value)) verdict = {value, f->logs_};
        }
        return verdict;
    }
};

// Not by recursion: chains may be long.
SeccompFilter::~SeccompFilter() {
    OptRef<SeccompFilter> next = std::move(previous_);
    while (next && next->ref_count() == 1) {
        OptRef<SeccompFilter> after = std::move(next->previous_);
        next = std::move(after);
    }
}

namespace {

// Takes the reference of `filter` over. Signal lock held; the old one lives on behind `filter`.
void install(Task& task, SeccompFilter* filter) {
    SeccompFilter* old = task.seccomp_filter.exchange(filter, std::memory_order_acq_rel);
    task.seccomp_mode.store(abi::SECCOMP_MODE_FILTER, std::memory_order_relaxed);
    task.syscall_work.fetch_or(kSyscallSeccomp, std::memory_order_relaxed);
    if (old != nullptr) old->drop_ref();
}

bool is_strict(const Task& task) {
    return task.seccomp_mode.load(std::memory_order_relaxed) == abi::SECCOMP_MODE_STRICT;
}

}  // namespace

Result<void> set_seccomp_strict(Task& self) {
    const u8 mode = self.seccomp_mode.load(std::memory_order_relaxed);
    if (mode != abi::SECCOMP_MODE_DISABLED && mode != abi::SECCOMP_MODE_STRICT) return Errno::kINVAL;
    self.seccomp_mode.store(abi::SECCOMP_MODE_STRICT, std::memory_order_relaxed);
    self.syscall_work.fetch_or(kSyscallSeccomp, std::memory_order_relaxed);
    return {};
}

Result<i32> add_seccomp_filter(Task& self, Vector<abi::sock_filter> program, bool logs, SeccompScope scope) {
    const object::Credentials& mine = self.credentials();
    if (!mine.no_new_privs && !mine.capable(abi::CAP_SYS_ADMIN)) return Errno::kACCES;
    if (!bpf::is_valid(program.span()) || is_strict(self)) return Errno::kINVAL;
    const u32 length = static_cast<u32>(program.size());
    Ref<SeccompFilter> filter = TRY(make_ref<SeccompFilter>(std::move(program), logs));
    auto s = self.process().signals().lock();
    SeccompFilter* old = self.seccomp_filter.load(std::memory_order_relaxed);
    if (length + kCostOfFilter + SeccompChain::length(old) > kMaxChain) return Errno::kNOMEM;
    if (scope == SeccompScope::kProcess) {
        for (const Task& other : s->threads) {
            const SeccompFilter* theirs = other.seccomp_filter.load(std::memory_order_relaxed);
            if (&other != &self && (is_strict(other) || !SeccompChain::contains(old, theirs))) return other.tid();
        }
    }
    SeccompChain::put_before(*filter, old);
    if (scope == SeccompScope::kProcess) {
        for (Task& other : s->threads) {
            if (&other == &self) continue;
            filter->add_ref();
            install(other, filter.get());
        }
    }
    install(self, filter.leak());
    return 0;
}

void inherit_seccomp(Task& child, const Task& parent) {
    SeccompFilter* filter = parent.seccomp_filter.load(std::memory_order_relaxed);
    if (filter != nullptr) filter->add_ref();
    child.seccomp_filter.store(filter, std::memory_order_relaxed);
    child.seccomp_mode.store(parent.seccomp_mode.load(std::memory_order_relaxed), std::memory_order_relaxed);
    if (child.seccomp_mode.load(std::memory_order_relaxed) != 0)
        child.syscall_work.fetch_or(kSyscallSeccomp, std::memory_order_relaxed);
}

void drop_seccomp(Task& task) {
    if (SeccompFilter* filter = task.seccomp_filter.exchange(nullptr, std::memory_order_relaxed)) filter->drop_ref();
}

u32 seccomp_filter_count(const Task& task) {
    auto s = task.process().signals().lock();  // TSYNC may replace it
    return SeccompChain::depth(task.seccomp_filter.load(std::memory_order_relaxed));
}

SignalInfo call_signal(const Task& self, const arch::TrapFrame& frame, i32 code, u32 data) {
    SignalInfo info{.signo = abi::SIGSYS, .error = static_cast<i32>(data), .code = code};
    std::get<0>(info.fields) = frame.rip;
    std::get<1>(info.fields) = static_cast<u32>(frame.orig_rax) | (u64{self.tracing.call_arch} << 32);
    return info;
}

namespace {

void log_action(const Task& self, const arch::TrapFrame& frame, u32 verdict) {
    log::info("seccomp: pid={} comm={} syscall={} ip={:#x} code={:#x}", self.tid(), self.name.view(),
              static_cast<i32>(frame.orig_rax), frame.rip, verdict & abi::SECCOMP_RET_ACTION_FULL);
}

[[noreturn]] void die(Task& self, arch::TrapFrame& frame, u32 verdict) {
    log_action(self, frame, verdict);
    const bool thread_only = (verdict & abi::SECCOMP_RET_ACTION_FULL) == abi::SECCOMP_RET_KILL_THREAD &&
                             self.process().signals().with([](SignalState& s) { return s.thread_count > 1; });
    if (thread_only) exit_thread(self, status_of_signal(abi::SIGSYS, false));
    die_by_signal(self, call_signal(self, frame, abi::SYS_SECCOMP, verdict & abi::SECCOMP_RET_DATA));
}

bool refuse(arch::TrapFrame& frame, u32 error) {
    frame.rax = static_cast<u64>(-static_cast<i64>(error));
    return false;
}

bool strict_admits(Task& self, const arch::TrapFrame& frame) {
    constexpr std::array<u32, 4> kNative = {0, 1, 60, 15};  // read, write, exit, rt_sigreturn
    constexpr std::array<u32, 4> kCompat = {3, 4, 1, 119};  // read, write, exit, sigreturn
    const u32 number = static_cast<u32>(frame.orig_rax);
    const auto& allowed = self.tracing.call_arch == abi::AUDIT_ARCH_I386 ? kCompat : kNative;
    for (u32 n : allowed) {
        if (n == number) return true;
    }
    exit_thread(self, status_of_signal(abi::SIGKILL, false));
}

abi::seccomp_data data_of(const Task& self, const arch::TrapFrame& f) {
    abi::seccomp_data data{
        static_cast<i32>(f.orig_rax), self.tracing.call_arch, f.rip, {f.rdi, f.rsi, f.rdx, f.r10, f.r8, f.r9}};
    if (data.arch == abi::AUDIT_ARCH_I386) {
        const auto low = [](u64 v) { return u64{static_cast<u32>(v)}; };
        data = {data.nr, data.arch, f.rip, {low(f.rbx), low(f.rcx), low(f.rdx), low(f.rsi), low(f.rdi), low(f.rbp)}};
    }
    return data;
}

enum class Round : u8 { kFirst, kAfterTracer };

bool filters_admit(Task& self, arch::TrapFrame& frame, Round round) {
    const SeccompChain::Verdict verdict =
        SeccompChain::ask(self.seccomp_filter.load(std::memory_order_acquire), data_of(self, frame));
    const u32 data = verdict.value & abi::SECCOMP_RET_DATA;
    if (verdict.logs && (verdict.value & abi::SECCOMP_RET_ACTION_FULL) != abi::SECCOMP_RET_ALLOW)
        log_action(self, frame, verdict.value);
    switch (verdict.value & abi::SECCOMP_RET_ACTION_FULL) {
        case abi::SECCOMP_RET_ALLOW: return true;
        case abi::SECCOMP_RET_LOG: log_action(self, frame, verdict.value); return true;
        case abi::SECCOMP_RET_ERRNO: return refuse(frame, std::min(data, kMaxErrno));
        case abi::SECCOMP_RET_USER_NOTIF:  // nobody listens
            return refuse(frame, static_cast<u32>(Errno::kNOSYS));
        case abi::SECCOMP_RET_TRAP:
            frame.rax = frame.orig_rax;
            force_signal(self, call_signal(self, frame, abi::SYS_SECCOMP, data));
            return false;
        case abi::SECCOMP_RET_TRACE:
            // The tracer may have changed the call: it is asked about again, but not the tracer.
            if (round == Round::kAfterTracer) return true;
            if (!wants_event(self, abi::PTRACE_EVENT_SECCOMP)) return refuse(frame, static_cast<u32>(Errno::kNOSYS));
            trace_event(self, abi::PTRACE_EVENT_SECCOMP, data);
            if (self.killed() || static_cast<i32>(frame.orig_rax) < 0) return false;
            return filters_admit(self, frame, Round::kAfterTracer);
        default: die(self, frame, verdict.value);
    }
}

}  // namespace

bool seccomp_admits(Task& self, arch::TrapFrame& frame) {
    return is_strict(self) ? strict_admits(self, frame) : filters_admit(self, frame, Round::kFirst);
}

}  // namespace process
