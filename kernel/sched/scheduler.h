// The scheduler's calls: threads' lives, switching, waking, priorities, and its figures.
// Callers: F4 and above; the start-up section is main's and platform's.
// Locks, context: as said at each. Nothing here may be called with a lock of a rank inside kRunQueue held.
#pragma once

#include <array>

#include "base/result.h"
#include "sched/thread.h"

namespace sched {

// ---- Threads ----

// A kernel thread that runs fn(argument) and ends when that returns; its memory frees itself. Not started: start().
// `name` is cut to 15 bytes. ENOMEM. Thread context.
Result<Thread*> create_kernel_thread(std::string_view name, void (*fn)(void*), void* argument);
// The same, started.
Result<Thread*> spawn(std::string_view name, void (*fn)(void*), void* argument);

// Gives `thread` a kernel stack and the registers to begin with `frame` in user mode (arch's fpu state must be set).
// ENOMEM.
Result<void> prepare_user_thread(Thread& thread, const arch::TrapFrame& frame);
// A kernel stack, and entry(argument) to begin with. ENOMEM.
Result<void> prepare_kernel_thread(Thread& thread, void (*entry)(void*), void* argument);
// Takes priority, affinity and policy of `parent` (reset_on_fork is honoured).
// EAGAIN: a deadline is nobody's by birth.
Result<void> inherit(Thread& child, const Thread& parent);
// Makes a prepared thread runnable; it may run at once. Any context.
void start(Thread& thread);
// Frees the stack of a prepared thread that was never started.
void discard(Thread& thread);

// Ends the current thread; the caller has given up everything it held.
[[noreturn]] void exit_thread();

// ---- Sleeping and waking ----

// Why wait queues exist: to sleep, first set_state(), then look at the condition, then schedule().
// A full barrier stands between the store and what follows.
inline void set_state(Thread& self, u32 state) { self.state.store(state, std::memory_order_seq_cst); }
inline void set_running(Thread& self) { self.state.store(state::kRunning, std::memory_order_relaxed); }

// Runs others: if the current thread's state is not kRunning it sleeps until wake(). Interrupts on, no spin locks.
void schedule();
// The same with a time limit: false when `deadline` came first. Instant::never() waits without limit.
bool schedule_until(Instant deadline);

// Makes `thread` runnable if its state is one of `mask`; false if it was not. A full barrier comes first: what was
// written before is seen by the woken thread's condition. Any context, interrupts in any state.
bool wake(Thread& thread, u32 mask = state::kNormal);
// A signal is pending for `thread`: ends its interruptible waits (with `fatal` also killable ones), and if it runs
// in user mode on another CPU, brings it into the kernel. Any context.
void interrupt(Thread& thread, bool fatal = false);
// Brings `thread` into the kernel if it runs in user mode elsewhere, so that it looks at its user_work.
void kick(Thread& thread);

// Lets others of the same priority run first. Thread context.
void yield();
// A preemption point for long loops.
inline void cond_resched() {
    if (arch::need_resched()) [[unlikely]]
        yield();
}

// EINTR when a signal came first (only if `interruptible`).
enum class SleepMode : u8 { kUninterruptible, kInterruptible };
Result<void> sleep_until(Instant deadline, SleepMode mode);
Result<void> sleep_for(Duration d, SleepMode mode);

// ---- Priorities and placement ----

void set_nice(Thread& thread, int nice);  // -20..19, clamped
// EINVAL for a priority that does not fit the policy (real-time: 1..99; others: 0).
Result<void> set_policy(Thread& thread, Policy policy, u8 rt_priority, int nice);
// SCHED_DEADLINE; `parameters` were checked. EBUSY: not that much of the machine is left. EPERM: the thread may not run on
// all CPUs, or real-time threads may have nothing.
Result<void> set_deadline(Thread& thread, const DlParameters& parameters);
// sched_rt_period_us and sched_rt_runtime_us. EINVAL. EBUSY: more is promised to deadline threads.
Result<void> set_rt_limit(const RtLimit& limit);
RtLimit rt_limit();
// EBUSY: deadline threads run on all CPUs. EINVAL when no online CPU is in `mask`, or the thread is pinned. Moves it at once if it must.
Result<void> set_affinity(Thread& thread, const hw::CpuMask& mask);

// ---- Accounting ----

struct CpuTimes {
    u64 user_ns = 0, nice_ns = 0, system_ns = 0, idle_ns = 0, irq_ns = 0;
    u64 switches = 0;
};
CpuTimes cpu_times(u32 cpu);
struct ThreadTimes {
    u64 user_ns = 0, system_ns = 0;
};
// Splits the exact time on CPU by what the ticks saw, as Linux's cputime_adjust. Includes the run that goes on.
ThreadTimes thread_times(Thread& thread);
// Nanoseconds on a CPU, exact to now (CLOCK_THREAD_CPUTIME_ID).
u64 run_time(Thread& thread);
// Load averages over 1, 5, 15 minutes, fixed point with 11 fraction bits (Linux's FSHIFT).
std::array<u64, 3> load_average();
u32 runnable_count();  // threads running or waiting to, all CPUs
u64 total_switches();
u64 threads_started();

// fn(Thread&) for each kernel thread, under a lock: for /proc.
void for_each_kernel_thread(void (*fn)(Thread&, void*), void* context);

// ---- Start-up and hooks ----

// The switch of address spaces: called with interrupts off and the run queue locked, when `next.address_space` is set
// and is not what CpuLocal::loaded_space says. A kernel thread keeps what is loaded (lazy), so vm must make idle CPUs
// let go of tables that it frees.
void set_address_space_switch(void (*fn)(Thread& next));

// Called at each tick that finds a user thread running, with that thread: interrupt context, no locks held. For
// timers on CPU time.
void set_user_tick_hook(void (*hook)(Thread&));

// On the boot CPU, when the heap works, interrupts off: turns the boot context into the first thread ("init"), with
// the run queue of CPU 0 in use. Timers and preemption begin when interrupts come on.
// ENOMEM.
Result<void> init_boot_cpu();
// On each other CPU, on its own stack, interrupts off, after its interrupts and timer are set up: becomes its idle
// thread. hw::set_online() is called inside. platform must have called prepare_cpu() before starting it.
[[noreturn]] void run_idle_cpu();
// On the boot CPU, thread context: idle thread and queues of `cpu`; the stack it is to start on. ENOMEM.
Result<memory::KernelStack> prepare_cpu(u32 cpu);
// Thread context, once: the rcu thread, work queues, the load average.
void start_services();

}  // namespace sched
