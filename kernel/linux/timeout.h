// Time limits as system calls take them, and the signal mask that ppoll, pselect6 and epoll_pwait set for their wait.
// Callers: linux.
// Locks, context: thread context of the calling task.
#pragma once

#include "abi/linux/signal.h"
#include "abi/linux/time.h"
#include "base/duration.h"
#include "process/ctx.h"
#include "process/signal.h"
#include "time/clock.h"
#include "vm/user_memory.h"

namespace linux_abi {

inline constexpr i64 kNsPerSecond = 1'000'000'000;

// EINVAL for what is no normal time.
inline Result<Duration> duration_of(const abi::timespec& t) {
    if (t.tv_sec < 0 || t.tv_nsec < 0 || t.tv_nsec >= kNsPerSecond) return Errno::kINVAL;
    return Duration::seconds(t.tv_sec) + Duration::nanoseconds(t.tv_nsec);
}
inline constexpr abi::timespec timespec_of(Duration d) { return {d.ns / kNsPerSecond, d.ns % kNsPerSecond}; }

// A relative limit as a moment: null is never; 0 stays the past, so that nobody waits.
inline Instant deadline_after(Duration d) { return d.ns == 0 ? Instant{0} : time::now() + d; }
// Milliseconds of poll and epoll_wait: negative is never.
inline Instant deadline_after_ms(i32 ms) {
    return ms < 0 ? Instant::never() : deadline_after(Duration::milliseconds(ms));
}

// Blocks exactly the given signals while it lives. After an interrupted wait call keep(): the handler then runs before
// the old mask comes back.
class [[nodiscard]] TemporaryMask {
  public:
    explicit TemporaryMask(process::Task& task) : task_(task) {}
    ~TemporaryMask() {
        if (set_) process::restore_temporary_mask(task_);
    }
    TemporaryMask(const TemporaryMask&) = delete;
    TemporaryMask& operator=(const TemporaryMask&) = delete;
    // Nothing for a null pointer. EINVAL for a set of another size, EFAULT.
    Result<void> set(vm::UserIn<abi::sigset_t> mask, u64 size) {
        if (!mask) return {};
        if (size != sizeof(abi::sigset_t)) return Errno::kINVAL;
        process::set_temporary_mask(task_, process::SignalSet(TRY(mask.fetch())));
        set_ = true;
        return {};
    }
    void keep() { set_ = false; }

  private:
    process::Task& task_;
    bool set_ = false;
};

}  // namespace linux_abi
