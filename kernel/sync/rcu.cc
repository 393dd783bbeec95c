#include "sync/rcu.h"

#include <array>

#include "base/bitmap.h"
#include "sync/guarded.h"

namespace rcu {
namespace detail {
constinit sync::PerCpu<std::atomic<u64>> passes;
}

namespace {

// A singly linked queue of callbacks, in order of arrival.
struct Queue {
    Head* first = nullptr;
    Head* last = nullptr;

    bool empty() const { return first == nullptr; }
    void push(Head& head) {
        head.next = nullptr;
        (last == nullptr ? first : last->next) = &head;
        last = &head;
    }
    void splice(Queue& other) {
        if (other.empty()) return;
        (last == nullptr ? first : last->next) = other.first;
        last = other.last;
        other = {};
    }
};

// Callbacks of one CPU; touched by it alone with interrupts off.
struct Local {
    Queue fresh;    // no grace period was asked for yet
    Queue waiting;  // due when grace period number `due` has ended
    u64 due = 0;
};
constinit sync::PerCpu<Local> locals;

// The grace period that runs: it has ended when each CPU of `pending` was seen to pass since it began.
struct Period {
    Bitmap<sync::kMaxCpus> pending;
    std::array<u64, sync::kMaxCpus> seen{};
    u32 age = 0;  // looks since it began
};
constinit sync::Guarded<Period, sync::SpinLock<sync::Rank::kRcu, sync::kIrqOff>> period;
constinit std::atomic<u64> begun{0};  // written under the lock of `period`
constinit std::atomic<u64> ended{0};

constinit sync::Guarded<Queue, sync::SpinLock<sync::Rank::kRcu, sync::kIrqOff>> ready;
constinit Hooks hooks;

void begin(Period& p) {
    begun.store(begun.load(std::memory_order_relaxed) + 1, std::memory_order_seq_cst);
    std::atomic_thread_fence(std::memory_order_seq_cst);
    p.age = 0;
    for (u32 cpu = 0; cpu < sync::kMaxCpus; cpu++) {
        if (hooks.online != nullptr ? !hooks.online(cpu) : cpu != 0) continue;
        p.seen[cpu] = detail::passes.at(cpu).load(std::memory_order_acquire);
        p.pending.set(cpu);
    }
}

void look(Period& p) {
    p.age++;
    for (usize cpu = p.pending.find_set(); cpu != p.pending.kNone; cpu = p.pending.find_set(cpu + 1)) {
        if (detail::passes.at(static_cast<u32>(cpu)).load(std::memory_order_acquire) != p.seen[cpu]) {
            p.pending.clear(cpu);
        } else if (p.age > 1 && hooks.kick != nullptr) {
            hooks.kick(static_cast<u32>(cpu));  // it sleeps, or runs the kernel for long
        }
    }
    if (!p.pending.any()) ended.store(begun.load(std::memory_order_relaxed), std::memory_order_release);
}

}  // namespace

void set_hooks(const Hooks& h) { hooks = h; }

void defer(Head& head, void (*fn)(Head&)) {
    head.fn = fn;
    sync::IrqGuard guard;
    locals.local().fresh.push(head);
}

bool needs_tick() {
    const Local& local = locals.local();
    return !local.fresh.empty() || !local.waiting.empty();
}

void tick() {
    Local& local = locals.local();
    if (!local.waiting.empty() && ended.load(std::memory_order_acquire) >= local.due) {
        {
            auto list = ready.lock();
            list->splice(local.waiting);
        }
        if (hooks.wake_worker != nullptr) hooks.wake_worker();
    }
    if (local.waiting.empty()) {
        if (local.fresh.empty()) return;
        local.waiting.splice(local.fresh);
        // One that runs may have begun before these arrived: the next one counts.
        local.due = begun.load(std::memory_order_seq_cst) + 1;
    }
    auto p = period.lock();
    if (begun.load(std::memory_order_relaxed) == ended.load(std::memory_order_relaxed)) {
        if (begun.load(std::memory_order_relaxed) >= local.due) return;
        begin(*p);
    }
    look(*p);
}

usize run_ready() {
    Queue batch;
    {
        auto list = ready.lock();
        batch.splice(*list);
    }
    usize count = 0;
    while (batch.first != nullptr) {
        Head* head = batch.first;
        batch.first = head->next;
        head->fn(*head);
        count++;
    }
    return count;
}

void synchronize() {
    if (hooks.wait == nullptr) return;
    struct Waiting : Head {
        std::atomic<bool> over{false};
    } waiting;
    defer(waiting, [](Head& head) { static_cast<Waiting&>(head).over.store(true, std::memory_order_release); });
    hooks.wait([](void* context) { return static_cast<Waiting*>(context)->over.load(std::memory_order_acquire); },
               &waiting);
}

}  // namespace rcu
