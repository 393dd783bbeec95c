// RCU: readers that only keep preemption off; memory is given back when every CPU has been through a switch since.
// Callers: every floor (dentry walk, pid table, page tree).
// Locks, context: ReadGuard anywhere but NMI; defer() anywhere; callbacks run in the rcu kernel thread and may
// free memory and take locks, but should not sleep for long; synchronize() sleeps.
#pragma once

#include <atomic>

#include "arch/cpu_local.h"
#include "base/types.h"
#include "sync/per_cpu.h"

namespace rcu {

// What is read between construction and destruction stays allocated.
class [[nodiscard]] ReadGuard {
  public:
    ReadGuard() { arch::preempt_disable(); }
    ~ReadGuard() { arch::preempt_enable(); }
    ReadGuard(const ReadGuard&) = delete;
    ReadGuard& operator=(const ReadGuard&) = delete;
};

// Publishes and reads a pointer that RCU readers follow.
template <typename T>
class Pointer {
  public:
    constexpr Pointer() = default;
    constexpr explicit Pointer(T* p) : p_(p) {}
    T* read() const { return p_.load(std::memory_order_acquire); }
    void publish(T* p) { p_.store(p, std::memory_order_release); }
    T* exchange(T* p) { return p_.exchange(p, std::memory_order_acq_rel); }

  private:
    std::atomic<T*> p_{nullptr};
};

// Embedded in what is freed late.
struct Head {
    Head* next = nullptr;
    void (*fn)(Head&) = nullptr;
};

// fn(head) after all readers that run now have ended. `head` must not be in use by an earlier defer().
void defer(Head& head, void (*fn)(Head&));
// Returns after all readers that run now have ended. Sleeps. Before threads exist it returns at once.
void synchronize();

// This CPU is in no reader: called by the scheduler at each switch, in the idle loop, and by a tick that interrupted
// user mode. Interrupts or preemption off.
inline void quiescent();
// From the tick of every CPU, interrupts off: moves the grace period on.
void tick();
// True while this CPU has callbacks that wait: its tick must not stop.
bool needs_tick();

// Runs what has become due on any CPU; called by the rcu thread. The number run.
usize run_ready();

// How RCU reaches what lies above it; set by sched.
struct Hooks {
    void (*wake_worker)() = nullptr;  // run_ready() has work; interrupts off
    void (*kick)(u32 cpu) = nullptr;  // make that CPU pass through its idle loop or switch
    bool (*online)(u32 cpu) = nullptr;
    void (*wait)(bool (*done)(void*), void* context) = nullptr;  // sleep until done(context)
};
void set_hooks(const Hooks& hooks);

namespace detail {
// Passes through a quiescent state, a CPU; each counts its own.
extern constinit sync::PerCpu<std::atomic<u64>> passes;
}  // namespace detail

inline void quiescent() {
    std::atomic<u64>& mine = detail::passes.local();
    mine.store(mine.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}

}  // namespace rcu
