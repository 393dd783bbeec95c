// Limits: the resource limits of a process, setrlimit(2).
// Callers: process, linux, and whoever enforces one (through Task::process().limits()).
// Locks, context: reads are lock-free and may be from any context; writes under the process's own update lock.
#pragma once

#include <array>
#include <atomic>

#include "abi/linux/resource.h"
#include "base/result.h"

namespace process {

class Limits {
  public:
    // Linux's INIT_RLIMITS (include/asm-generic/resource.h); `processes` is the default of NPROC and SIGPENDING.
    static Limits initial(u64 processes);

    Limits() = default;
    Limits(const Limits& o) { copy_from(o); }
    Limits& operator=(const Limits& o) {
        copy_from(o);
        return *this;
    }

    // The soft and the hard limit of RLIMIT_`which` (which < RLIM_NLIMITS).
    u64 soft(u32 which) const { return slots_[which].soft.load(std::memory_order_relaxed); }
    u64 hard(u32 which) const { return slots_[which].hard.load(std::memory_order_relaxed); }
    abi::rlimit get(u32 which) const { return {soft(which), hard(which)}; }
    // No checks: see limits::change().
    void set(u32 which, abi::rlimit value) {
        slots_[which].soft.store(value.rlim_cur, std::memory_order_relaxed);
        slots_[which].hard.store(value.rlim_max, std::memory_order_relaxed);
    }

  private:
    void copy_from(const Limits& o) {
        for (u32 i = 0; i < abi::RLIM_NLIMITS; i++) set(i, o.get(i));
    }
    struct Slot {
        std::atomic<u64> soft{abi::RLIM_INFINITY};
        std::atomic<u64> hard{abi::RLIM_INFINITY};
    };
    std::array<Slot, abi::RLIM_NLIMITS> slots_;
};

// Checks a new value as prlimit64(2) does: EINVAL when soft > hard, EPERM when the hard limit is raised without
// CAP_SYS_RESOURCE (`privileged`) or NOFILE is beyond `nr_open`.
Result<void> check_new_limit(u32 which, abi::rlimit old_value, abi::rlimit new_value, bool privileged);
inline constexpr u64 kMaxOpenFiles = 1 << 20;  // /proc/sys/fs/nr_open

}  // namespace process
