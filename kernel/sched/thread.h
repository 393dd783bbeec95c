// Thread: what the scheduler runs. process::Task derives from it; kernel threads are it alone.
// Callers: sched, process and every floor above that waits; fields as commented.
// Locks, context: "self" = the thread itself; "queue" = its run queue's lock; atomics from anywhere.
#pragma once

#include <atomic>

#include "arch/context.h"
#include "base/duration.h"
#include "base/list.h"
#include "base/string.h"
#include "hw/cpus.h"
#include "memory/kernel_stack.h"
#include "sched/deadline.h"
#include "sched/fair_queue.h"
#include "sched/inheritance.h"
#include "sched/rt_queue.h"
#include "sync/lockdep.h"

namespace sched {

// Thread::state: 0 while runnable, else why it sleeps; wake() takes a mask of them.
namespace state {
inline constexpr u32 kRunning = 0;
inline constexpr u32 kInterruptible = 1u << 0;    // a signal wakes it
inline constexpr u32 kUninterruptible = 1u << 1;  // only its event does
inline constexpr u32 kKillable = 1u << 2;         // its event or a fatal signal
inline constexpr u32 kStopped = 1u << 3;          // job control
inline constexpr u32 kTraced = 1u << 4;
inline constexpr u32 kDead = 1u << 5;      // never runs again
inline constexpr u32 kNew = 1u << 6;       // not started
inline constexpr u32 kWaking = 1u << 7;    // being moved to a run queue
inline constexpr u32 kIdleWait = 1u << 8;  // as uninterruptible, but not counted in the load average
inline constexpr u32 kNormal = kInterruptible | kUninterruptible | kKillable | kIdleWait;
}  // namespace state

namespace flag {
inline constexpr u32 kInterrupted = 1u << 0;  // a signal is pending: interruptible waits end
inline constexpr u32 kKilled = 1u << 1;       // a fatal one: killable waits end too
inline constexpr u32 kKernel = 1u << 2;       // a kernel thread
inline constexpr u32 kIdle = 1u << 3;         // a CPU's idle thread
inline constexpr u32 kPinned = 1u << 4;       // affinity must not be changed
}  // namespace flag

enum class Class : u8 { kDeadline, kRealTime, kFair, kIdle };
// Numbers of Linux's SCHED_*.
enum class Policy : u8 { kNormal = 0, kFifo = 1, kRoundRobin = 2, kBatch = 3, kIdle = 5, kDeadline = 6 };

struct Thread : arch::ThreadArch, FairEntity, RtEntity, DlEntity, PiThread {
    Thread() = default;
    Thread(const Thread&) = delete;
    Thread& operator=(const Thread&) = delete;

    std::atomic<u32> state{state::kNew};
    std::atomic<u32> flags{0};
    std::atomic<u32> cpu{0};           // where it runs or ran last; changes under both queues' locks or while kWaking
    bool queued = false;               // queue: runnable on `cpu` (running or waiting)
    Class sched_class = Class::kFair;  // with what it inherits, as RtEntity::rt_priority is
    Policy policy = Policy::kNormal;   // its own, as the following two
    u8 own_rt_priority = 0;
    i8 nice = 0;
    bool reset_on_fork = false;
    hw::CpuMask affinity = all_cpus();

    // The address space it needs; null: a kernel thread, which borrows whatever is loaded. Self, or while not running.
    void* address_space = nullptr;
    PhysAddr vm_root;

    memory::KernelStack stack;
    FixedString<15> name;  // Linux's comm: 15 bytes and a NUL
    void (*entry)(void*) = nullptr;
    void* argument = nullptr;
    // Called once after the thread has left its stack for ever (which is freed already), on the CPU it died on,
    // interrupts on, preemption off: gives the memory back. Must not sleep.
    void (*on_dead)(Thread&) = nullptr;

    // Accounting; queue, read from anywhere.
    Instant started;             // the monotonic clock at start()
    std::atomic<u64> run_ns{0};  // time on a CPU, up to the last switch or tick
    u32 ran_on = 0;              // queue: the CPU it was switched to last
    // Bits of user_work that it gets when it goes on on another CPU, or was taken off its CPU outside a system call
    // (process: rseq). Self.
    u32 switch_work = 0;
    i64 run_since = 0;                                // ns of the clock when it was last charged
    std::atomic<u32> user_ticks{0}, system_ticks{0};  // ticks that found it in user mode, in the kernel
    std::atomic<u64> voluntary_switches{0}, involuntary_switches{0};

    u64 told_user_ns = 0, told_system_ns = 0;  // the largest figures thread_times() gave

    ListNode all_node;   // in the list of kernel threads; process uses its own lists for tasks
    ListNode wait_node;  // for a sleeping lock's list of waiters

    u8 effective_level() const { return effective.level; }
    // True once a signal is pending for it.
    bool interrupted() const { return (flags.load(std::memory_order_relaxed) & flag::kInterrupted) != 0; }
    bool killed() const { return (flags.load(std::memory_order_relaxed) & flag::kKilled) != 0; }
    bool is_kernel() const { return (flags.load(std::memory_order_relaxed) & flag::kKernel) != 0; }
    // For signal code, when it has found that nothing is pending any more. Self.
    void clear_interrupted() { flags.fetch_and(~flag::kInterrupted, std::memory_order_relaxed); }

    struct Empty {};
    [[no_unique_address]] std::conditional_t<sync::lockdep::kEnabled, sync::lockdep::HeldStack, Empty> held;

    static constexpr hw::CpuMask all_cpus() {
        hw::CpuMask mask;
        for (usize w = 0; w < hw::CpuMask::words(); w++) mask.set_word(w, ~u64{0});
        return mask;
    }
};

// The running thread (rule no-ambient-current: for F4, arch, and F9 up).
inline Thread& current() { return *static_cast<Thread*>(arch::current()); }

}  // namespace sched
