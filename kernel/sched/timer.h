// Timer: calls a function at a moment of the monotonic clock, in interrupt context, on the CPU that armed it.
// Callers: F4 and above.
// Locks, context: any but NMI. The function runs with interrupts off and no lock held; it may arm its own timer again.
#pragma once

#include <atomic>

#include "base/duration.h"
#include "base/rb_tree.h"

namespace sched {

struct Timer {
    constexpr Timer() = default;
    constexpr explicit Timer(void (*function)(Timer&)) : fn(function) {}
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    Instant when;
    void (*fn)(Timer&) = nullptr;
    RbNode node;
    std::atomic<u32> cpu{0};  // whose queue holds or ran it last

    // Waiting for its moment. A snapshot.
    bool armed() const { return __atomic_load_n(&node.linked, __ATOMIC_RELAXED); }
};

// (Re)arms `timer` for `when` on this CPU. A moment in the past fires at once (soon, from an interrupt).
void arm(Timer& timer, Instant when);
// Stops it. True: it was waiting and will not run. False: it had run or was idle. In both cases its function is not
// running any more when this returns, except when called from that very function. Waits (spins) for a run elsewhere:
// the caller must hold no lock that the function takes.
bool cancel(Timer& timer);
// Stops it without waiting for a run that goes on: false then too.
bool try_cancel(Timer& timer);

// What a Timer must be unlinked from in its destructor's stead: cancels at scope end.
class [[nodiscard]] ScopedTimer : public Timer {
  public:
    explicit ScopedTimer(void (*function)(Timer&)) : Timer(function) {}
    ~ScopedTimer() { cancel(*this); }
};

}  // namespace sched
