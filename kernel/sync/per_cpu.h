// PerCpu<T>: one T a CPU, each on cache lines of its own. constinit-friendly, so usable from the first instruction.
// Callers: every floor.
// Locks, context: local() with preemption off, and with interrupts off if handlers touch the same data.
#pragma once

#include <array>

#include "arch/cpu_local.h"
#include "base/assert.h"
#include "generated/config.h"

namespace sync {

inline constexpr u32 kMaxCpus = CONFIG_MAX_CPUS;

template <typename T>
class PerCpu {
  public:
    constexpr PerCpu() = default;
    PerCpu(const PerCpu&) = delete;
    PerCpu& operator=(const PerCpu&) = delete;

    // This CPU's T. Preemption must be off for as long as the reference is used.
    T& local() { return slots_[arch::cpu_id()].value; }
    T& at(u32 cpu) { return slots_[cpu].value; }
    const T& at(u32 cpu) const { return slots_[cpu].value; }
    // fn(cpu, T&) for every slot, CPUs that do not exist included.
    template <typename Fn>
    void each(Fn&& fn) {
        for (u32 cpu = 0; cpu < kMaxCpus; cpu++) fn(cpu, slots_[cpu].value);
    }

  private:
    struct alignas(64) Slot {
        T value{};
    };
    std::array<Slot, kMaxCpus> slots_{};
};

// A count that each CPU adds to without sharing a cache line. sum() is exact only when nobody adds.
class PerCpuCounter {
  public:
    // Not from interrupt handlers and threads both: the addition is a load and a store.
    void add(i64 n) {
        arch::preempt_disable();
        std::atomic<i64>& slot = counts_.local();
        slot.store(slot.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
        arch::preempt_enable();
    }
    i64 sum() const {
        i64 total = 0;
        for (u32 cpu = 0; cpu < kMaxCpus; cpu++) total += counts_.at(cpu).load(std::memory_order_relaxed);
        return total;
    }

  private:
    PerCpu<std::atomic<i64>> counts_;
};

}  // namespace sync
