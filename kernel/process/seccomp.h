// seccomp(2): what system calls a task may make: strict mode, and filters in classic BPF.
// Callers: linux/seccomp; process (clone, the entry of observed calls).
// Locks, context: thread context of the task, no locks held, but where stated.
#pragma once

#include <span>

#include "abi/linux/filter.h"
#include "arch/trap.h"
#include "base/vector.h"
#include "process/process.h"

namespace process {

class SeccompFilter : public RefCounted<SeccompFilter> {
  public:
    SeccompFilter(Vector<abi::sock_filter> program, bool logs) : program_(std::move(program)), logs_(logs) {}
    ~SeccompFilter();

  private:
    friend struct SeccompChain;
    Vector<abi::sock_filter> program_;
    bool logs_;
    u32 instructions_ = 0;  // of the whole chain, as Linux counts them
    u32 depth_ = 1;
    OptRef<SeccompFilter> previous_;  // asked too: the strictest answer counts
};

// EINVAL: filters are in force already.
Result<void> set_seccomp_strict(Task& self);
enum class SeccompScope : u8 { kThread, kProcess };
// The number of a thread that keeps kProcess from being done, or 0. EACCES: neither PR_SET_NO_NEW_PRIVS nor
// CAP_SYS_ADMIN. EINVAL: a program that is not valid, or strict mode. ENOMEM: too long a chain.
Result<i32> add_seccomp_filter(Task& self, Vector<abi::sock_filter> program, bool logs, SeccompScope scope);
// For a new thread or process. Signal lock of the parent held.
void inherit_seccomp(Task& child, const Task& parent);
void drop_seccomp(Task& task);
u32 seccomp_filter_count(const Task& task);

// SIGSYS for the call in `frame`; `code`: abi::SYS_*.
SignalInfo call_signal(const Task& self, const arch::TrapFrame& frame, i32 code, u32 data);

// False: the call is not made; rax is set.
bool seccomp_admits(Task& self, arch::TrapFrame& frame);

}  // namespace process
