// Threads' lives: creation, death, and the idle threads of CPUs.
#include "arch/cpu.h"
#include "arch/upcalls.h"
#include "base/heap.h"
#include "hw/ipi.h"
#include "log/log.h"
#include "sched/run_queue.h"
#include "sched/scheduler.h"
#include "sched/tick.h"
#include "sched/work_queue.h"
#include "sync/guarded.h"
#include "sync/rcu.h"
#include "time/clock.h"

namespace sched {
namespace {

constinit std::array<std::atomic<RunQueue*>, hw::kMaxCpus> queues{};

using ThreadList = IntrusiveList<Thread, &Thread::all_node>;
constinit sync::Guarded<ThreadList, sync::SpinLock<sync::Rank::kThreadList, sync::kIrqOff>> kernel_threads;

void thread_main(void* self) {
    Thread& t = *static_cast<Thread*>(self);
    t.entry(t.argument);
    exit_thread();
}

void bury_kernel_thread(Thread& t) {
    {
        auto list = kernel_threads.lock();
        ThreadList::remove(t);
    }
    base::destroy(&t);
}

// What a CPU does when there is nothing to do. Interrupts off on entry.
void idle_loop(void*) {
    RunQueue& rq = local_queue();
    for (;;) {
        arch::irq_disable();
        rcu::quiescent();
        if (!rq.tick_runs && rcu::needs_tick()) tick_begin(rq);
        if (arch::need_resched()) {
            arch::irq_enable();
            schedule();
        } else {
            arch::wait_for_interrupt();  // the interrupt's exit switches away when there is work
        }
    }
}

Result<Thread*> make_idle(u32 cpu) {
    Thread* t = base::try_new<Thread>();
    if (t == nullptr) return Errno::kNOMEM;
    t->flags.store(flag::kKernel | flag::kIdle | flag::kPinned, std::memory_order_relaxed);
    t->sched_class = Class::kIdle;
    t->policy = Policy::kIdle;
    t->cpu.store(cpu, std::memory_order_relaxed);
    t->affinity.clear_all();
    t->affinity.set(cpu);
    base::format_to(t->name, "idle/{}", cpu);
    return t;
}

Result<RunQueue*> make_queue(u32 cpu) {
    RunQueue* rq = base::try_new<RunQueue>();
    if (rq == nullptr) return Errno::kNOMEM;
    rq->cpu = cpu;
    Result<Thread*> idle = make_idle(cpu);
    if (!idle.ok()) {
        base::destroy(rq);
        return idle.error();
    }
    rq->idle = *idle;
    return rq;
}

// Connects this CPU with its queue, `running` being what it executes.
void take_over(RunQueue& rq, Thread& running, u64 stack_top) {
    arch::CpuLocal& local = arch::cpu();
    rq.local = &local;
    rq.current = &running;
    local.run_queue = &rq;
    local.idle_thread = rq.idle;
    running.state.store(state::kRunning, std::memory_order_relaxed);
    running.run_since = time::now().ns;
    arch::adopt_boot_context(running, stack_top);
    arch::clear_need_resched();
}

// After many threads have ended at once.
constinit Work stack_trim([](Work&) { memory::trim_kernel_stacks(); });

void print_context(FixedString<128>& out) {
    if (arch::current() == nullptr) return;
    base::format_to(out, "{} ({})", current().name, static_cast<const void*>(&current()));
}

}  // namespace

RunQueue* queue_of(u32 cpu) { return queues[cpu].load(std::memory_order_acquire); }

Result<void> prepare_kernel_thread(Thread& thread, void (*entry)(void*), void* argument) {
    thread.stack = TRY(memory::allocate_kernel_stack());
    thread.entry = entry;
    thread.argument = argument;
    arch::prepare_kernel_thread(thread, thread.stack.top(), &thread_main, &thread);
    return {};
}

Result<void> prepare_user_thread(Thread& thread, const arch::TrapFrame& frame) {
    thread.stack = TRY(memory::allocate_kernel_stack());
    arch::prepare_user_thread(thread, thread.stack.top(), frame);
    return {};
}

void discard(Thread& thread) {
    if (thread.stack) (void)memory::free_kernel_stack(thread.stack);
    thread.stack = {};
}

Result<Thread*> create_kernel_thread(std::string_view name, void (*fn)(void*), void* argument) {
    Thread* t = base::try_new<Thread>();
    if (t == nullptr) return Errno::kNOMEM;
    t->name.assign(name);
    t->flags.store(flag::kKernel, std::memory_order_relaxed);
    t->on_dead = &bury_kernel_thread;
    Result<void> prepared = prepare_kernel_thread(*t, fn, argument);
    if (!prepared.ok()) {
        base::destroy(t);
        return prepared.error();
    }
    auto list = kernel_threads.lock();
    list->push_back(*t);
    return t;
}

Result<Thread*> spawn(std::string_view name, void (*fn)(void*), void* argument) {
    Thread* t = TRY(create_kernel_thread(name, fn, argument));
    start(*t);
    return t;
}

void reap(Thread& dead) {
    const bool many = dead.stack && memory::free_kernel_stack(dead.stack);
    dead.stack = {};
    if (dead.on_dead == nullptr) return;
    arch::preempt_disable();
    arch::irq_enable();
    if (many) system_work().submit(stack_trim);
    dead.on_dead(dead);
    arch::irq_disable();
    arch::preempt_enable_no_resched();
}

void for_each_kernel_thread(void (*fn)(Thread&, void*), void* context) {
    auto list = kernel_threads.lock();
    for (Thread& t : *list) fn(t, context);
}

Result<void> init_boot_cpu() {
    RunQueue& rq = *TRY(make_queue(0));
    TRY(prepare_kernel_thread(*rq.idle, &idle_loop, nullptr));
    rq.idle->state.store(state::kRunning, std::memory_order_relaxed);

    // The boot context becomes a thread like any other; it may exit.
    Thread* boot = base::try_new<Thread>();
    if (boot == nullptr) return Errno::kNOMEM;
    boot->name.assign("start");
    boot->flags.store(flag::kKernel, std::memory_order_relaxed);
    boot->on_dead = &bury_kernel_thread;
    {
        auto list = kernel_threads.lock();
        list->push_back(*boot);
    }
    take_over(rq, *boot, arch::cpu().kernel_stack_top);
    queues[0].store(&rq, std::memory_order_release);
    boot->queued = true;
    rq.fair.enqueue(*boot, true);
    (void)rq.fair.take_next();
    hw::register_cpu(0, arch::cpu());
    hw::set_online(0);
    init_timers();
    log::set_context_printer(&print_context);
    tick_begin(rq);
    return {};
}

Result<memory::KernelStack> prepare_cpu(u32 cpu) {
    if (cpu >= hw::kMaxCpus) return Errno::kINVAL;
    RunQueue* rq = queue_of(cpu);
    if (rq == nullptr) {
        rq = TRY(make_queue(cpu));
        queues[cpu].store(rq, std::memory_order_release);
    }
    if (!rq->idle->stack) rq->idle->stack = TRY(memory::allocate_kernel_stack());
    return rq->idle->stack;
}

void run_idle_cpu() {
    RunQueue& rq = *queue_of(arch::cpu_id());
    take_over(rq, *rq.idle, rq.idle->stack.top());
    hw::register_cpu(rq.cpu, arch::cpu());
    note_idle(rq, true);
    hw::set_online(rq.cpu);
    idle_loop(nullptr);
    __builtin_unreachable();
}

}  // namespace sched
