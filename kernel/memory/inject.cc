#include "memory/inject.h"

#include <atomic>

#include "arch/context.h"
#include "arch/cpu_local.h"

namespace memory::inject {
namespace {
constinit std::atomic<Scope> scope{Scope::kOff};
constinit std::atomic<const void*> thread{nullptr};
constinit std::atomic<i64> countdown{0};
constinit std::atomic<i64> left{0};
constinit std::atomic<u64> given{0};
}  // namespace

void arm(Scope s, u64 after, u64 times) {
    scope = Scope::kOff;
    given = 0;
    countdown = static_cast<i64>(after);
    left = static_cast<i64>(times);
    thread = arch::current();
    scope = s;
}

void disarm() { scope = Scope::kOff; }
u64 failures() { return given; }

#if CONFIG_FAULT_INJECTION
namespace {
bool is_nth_of_thread() {
    if (arch::in_interrupt() || arch::current() == nullptr) return false;
    std::atomic<u32>& nth = arch::current()->fail_nth;
    const u32 n = nth.load(std::memory_order_relaxed);
    if (n == 0) [[likely]]
        return false;
    nth.store(n - 1, std::memory_order_relaxed);
    return n == 1;
}
}  // namespace

bool should_fail() {
    if (is_nth_of_thread()) [[unlikely]] {
        given++;
        return true;
    }
    const Scope s = scope.load(std::memory_order_relaxed);
    if (s == Scope::kOff) [[likely]]
        return false;
    if (s == Scope::kThread && (thread.load(std::memory_order_relaxed) != arch::current() || arch::in_interrupt()))
        return false;
    if (countdown.fetch_sub(1) > 0) return false;
    if (left.fetch_sub(1) <= 0) return false;
    given++;
    return true;
}
#endif

}  // namespace memory::inject
