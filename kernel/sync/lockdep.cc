#include "sync/lockdep.h"

#include <array>
#include <atomic>

#include "arch/cpu.h"
#include "arch/cpu_local.h"
#include "log/log.h"
#include "sync/per_cpu.h"

namespace sync::lockdep {
namespace {

constinit PerCpu<HeldStack> held_spins;
constinit std::atomic<bool> off{false};

constexpr std::array kNames = {
#define RANK(name) #name,
#define SPIN_RANKS_BEGIN
#include "sync/ranks.def"
#undef SPIN_RANKS_BEGIN
#undef RANK
};
static_assert(kNames.size() == static_cast<usize>(Rank::kCount));

[[noreturn]] void broken(const char* rule, const void* lock, Rank rank, u64 at, const Held* other) {
    disable();
    if (other == nullptr) log::panic("{}: {} {} taken at {:#x}", rule, rank_name(rank), lock, at);
    log::panic("{}: {} {} taken at {:#x} while {} {} is held since {:#x}", rule, rank_name(rank), lock, at,
               rank_name(other->rank), other->lock, other->taken_at);
}

bool may_nest(const Held& outer, const void* lock, Rank rank) {
    if (rank != outer.rank) return rank > outer.rank;
    // A callback under one wait queue's lock wakes another; epoll sets are acyclic, which keeps this sound.
    return rank == Rank::kWaitQueue || lock > outer.lock;
}

void push(HeldStack& stack, const void* lock, Rank rank, bool irq_off, u64 at) {
    if (stack.count == kMaxHeld) broken("too many locks held", lock, rank, at, nullptr);
    stack.entries[stack.count++] = {lock, at, rank, irq_off};
}

void pop(HeldStack& stack, const void* lock) {
    for (u32 i = stack.count; i-- > 0;) {
        if (stack.entries[i].lock != lock) continue;
        for (; i + 1 < stack.count; i++) stack.entries[i] = stack.entries[i + 1];
        stack.count--;
        return;
    }
    disable();
    log::panic("lock {} released by one who does not hold it", lock);
}

}  // namespace

const char* rank_name(Rank rank) { return rank < Rank::kCount ? kNames[static_cast<usize>(rank)] : "?"; }

void spin_acquire(const void* lock, Rank rank, bool irq_off, u64 at, bool tried) {
    if (off.load(std::memory_order_relaxed)) return;
    const u64 flags = arch::irq_save();
    HeldStack& stack = held_spins.local();
    if (!irq_off && arch::in_interrupt()) broken("lock that interrupts may not take", lock, rank, at, nullptr);
    for (u32 i = 0; i < stack.count; i++) {
        const Held& outer = stack.entries[i];
        if (outer.lock == lock) broken("lock taken twice", lock, rank, at, &outer);
        // Locks that leave interrupts on never nest inside locks that interrupts take. So the order between what was
        // interrupted and what the interrupt takes is free: nobody can hold the two the other way round.
        if (outer.irq_off && !irq_off && !tried) broken("interrupts could come in", lock, rank, at, &outer);
        if (!outer.irq_off && arch::in_interrupt()) continue;
        if (!tried && !may_nest(outer, lock, rank)) broken("lock order", lock, rank, at, &outer);
    }
    push(stack, lock, rank, irq_off, at);
    arch::irq_restore(flags);
}

void spin_release(const void* lock) {
    if (off.load(std::memory_order_relaxed)) return;
    const u64 flags = arch::irq_save();
    pop(held_spins.local(), lock);
    arch::irq_restore(flags);
}

void sleep_acquire(HeldStack& stack, const void* lock, Rank rank, u64 at) {
    if (off.load(std::memory_order_relaxed)) return;
    for (u32 i = 0; i < stack.count; i++) {
        const Held& outer = stack.entries[i];
        if (outer.lock == lock) broken("lock taken twice", lock, rank, at, &outer);
        if (!may_nest(outer, lock, rank)) broken("lock order", lock, rank, at, &outer);
    }
    push(stack, lock, rank, false, at);
}

void sleep_release(HeldStack& stack, const void* lock) {
    if (off.load(std::memory_order_relaxed)) return;
    pop(stack, lock);
}

void assert_may_sleep(const char* what) {
    if (off.load(std::memory_order_relaxed)) return;
    if (arch::in_interrupt()) {
        disable();
        log::panic("{} may sleep, in an interrupt", what);
    }
    if (arch::preempt_count() == 0) return;
    arch::preempt_disable();
    HeldStack& stack = held_spins.local();
    const u64 here = reinterpret_cast<u64>(__builtin_return_address(0));
    if (stack.count > 0) {
        const Held inner = stack.entries[stack.count - 1];
        disable();
        log::panic("{} may sleep, at {:#x}, while {} {} is held since {:#x}", what, here, rank_name(inner.rank),
                   inner.lock, inner.taken_at);
    }
    disable();
    log::panic("{} may sleep, at {:#x}, with preemption off", what, here);
}

i32 holder_cpu(const void* lock) {
    for (u32 cpu = 0; cpu < kMaxCpus; cpu++) {
        const HeldStack& stack = held_spins.at(cpu);
        for (u32 i = 0; i < stack.count && i < kMaxHeld; i++)
            if (stack.entries[i].lock == lock) return static_cast<i32>(cpu);
    }
    return -1;
}

const void* holder_place(const void* lock) {
    const i32 cpu = holder_cpu(lock);
    if (cpu < 0) return nullptr;
    const HeldStack& stack = held_spins.at(static_cast<u32>(cpu));
    for (u32 i = 0; i < stack.count && i < kMaxHeld; i++)
        if (stack.entries[i].lock == lock) return reinterpret_cast<const void*>(stack.entries[i].taken_at);
    return nullptr;
}

void disable() { off.store(true, std::memory_order_relaxed); }

}  // namespace sync::lockdep
