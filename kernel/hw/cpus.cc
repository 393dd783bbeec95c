#include "hw/cpus.h"

#include <array>
#include <atomic>

namespace hw {
namespace {
constinit AtomicBitmap<kMaxCpus> g_online;
constinit std::atomic<u32> g_online_count{1};
constinit std::atomic<u32> g_possible{1};
constinit std::array<std::atomic<arch::CpuLocal*>, kMaxCpus> g_locals{};
}  // namespace

u32 cpus_online() { return g_online_count.load(std::memory_order_relaxed); }
u32 cpus_possible() { return g_possible.load(std::memory_order_relaxed); }

bool is_online(u32 cpu) { return cpu < kMaxCpus && (cpu == 0 || g_online.test(cpu)); }

CpuMask online_mask() {
    CpuMask mask = g_online.snapshot();
    mask.set(0);
    return mask;
}

arch::CpuLocal* cpu_local(u32 cpu) { return cpu < kMaxCpus ? g_locals[cpu].load(std::memory_order_acquire) : nullptr; }

void set_possible(u32 count) {
    ASSERT(count >= 1 && count <= kMaxCpus);
    g_possible.store(count, std::memory_order_relaxed);
}

void register_cpu(u32 cpu, arch::CpuLocal& local) {
    ASSERT(cpu < kMaxCpus);
    g_locals[cpu].store(&local, std::memory_order_release);
}

void set_online(u32 cpu) {
    ASSERT(cpu < kMaxCpus);
    if (!g_online.set(cpu) && cpu != 0) g_online_count.fetch_add(1, std::memory_order_release);
}

}  // namespace hw
