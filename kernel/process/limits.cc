#include "process/limits.h"

namespace process {

Limits Limits::initial(u64 processes) {
    constexpr u64 kInfinity = abi::RLIM_INFINITY;
    Limits l;
    l.set(abi::RLIMIT_STACK, {8ull << 20, kInfinity});
    l.set(abi::RLIMIT_CORE, {0, kInfinity});
    l.set(abi::RLIMIT_NPROC, {processes, processes});
    l.set(abi::RLIMIT_NOFILE, {1024, 4096});
    l.set(abi::RLIMIT_MEMLOCK, {8ull << 20, 8ull << 20});
    l.set(abi::RLIMIT_SIGPENDING, {processes, processes});
    l.set(abi::RLIMIT_MSGQUEUE, {819200, 819200});
    l.set(abi::RLIMIT_NICE, {0, 0});
    l.set(abi::RLIMIT_RTPRIO, {0, 0});
    return l;
}

Result<void> check_new_limit(u32 which, abi::rlimit old_value, abi::rlimit new_value, bool privileged) {
    if (new_value.rlim_cur > new_value.rlim_max) return Errno::kINVAL;
    if (which == abi::RLIMIT_NOFILE && new_value.rlim_max > kMaxOpenFiles) return Errno::kPERM;
    if (new_value.rlim_max > old_value.rlim_max && !privileged) return Errno::kPERM;
    return {};
}

}  // namespace process
