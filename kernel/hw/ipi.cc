#include "hw/ipi.h"

#include <array>
#include <atomic>

#include "arch/cpu.h"

namespace hw {
namespace {

constinit IpiSender g_sender{};
constinit std::array<std::atomic<void (*)()>, static_cast<usize>(Ipi::kCount)> g_handlers{};
constinit std::atomic<bool> g_stopping{false};
constinit std::atomic<u32> g_stopped{0};

// One call at a time in the whole machine: rare (TLB shootdowns have their own kind and state).
struct CallState {
    std::atomic<bool> busy{false};
    std::atomic<void (*)(void*)> fn{nullptr};
    std::atomic<void*> context{nullptr};
    AtomicBitmap<kMaxCpus> pending;
    std::atomic<u32> left{0};
};
constinit CallState g_call;

void run_call() {
    if (!g_call.pending.clear(arch::cpu_id())) return;
    g_call.fn.load(std::memory_order_acquire)(g_call.context.load(std::memory_order_relaxed));
    g_call.left.fetch_sub(1, std::memory_order_acq_rel);
}

// While waiting with interrupts off, another caller's call must still be taken or both would wait for ever.
void wait_politely() {
    run_call();
    arch::pause();
}

}  // namespace

void set_ipi_sender(const IpiSender& sender) { g_sender = sender; }

void send_ipi(u32 cpu, Ipi kind) {
    if (g_sender.send != nullptr) g_sender.send(cpu, kind);
}

void send_ipi_others(Ipi kind) {
    if (g_sender.send_others != nullptr && cpus_online() > 1) g_sender.send_others(kind);
}

void stop_other_cpus() {
    if (g_stopping.exchange(true, std::memory_order_acq_rel)) return;
    u32 others = cpus_online() - 1;
    if (g_sender.nmi_others == nullptr || others == 0) return;
    g_sender.nmi_others();
    // Bounded by a count, not by a clock: the clock may be what is broken.
    for (u32 spins = 0; spins < 2'000'000 && g_stopped.load(std::memory_order_acquire) < others; spins++) arch::pause();
}

void set_ipi_handler(Ipi kind, void (*handler)()) {
    g_handlers.at(static_cast<usize>(kind)).store(handler, std::memory_order_release);
}

void ipi_arrived(Ipi kind) {
    if (kind == Ipi::kCall) {
        run_call();
        return;
    }
    auto handler = g_handlers.at(static_cast<usize>(kind)).load(std::memory_order_acquire);
    if (handler != nullptr) handler();
}

bool nmi_arrived() {
    if (!g_stopping.load(std::memory_order_acquire)) return false;
    g_stopped.fetch_add(1, std::memory_order_acq_rel);
    arch::halt_forever();
}

void call_on(const CpuMask& targets, void (*fn)(void*), void* context) {
    CpuMask mask = targets;
    CpuMask online = online_mask();
    u32 self = arch::cpu_id();
    u32 count = 0;
    for (usize cpu = mask.find_set(); cpu != CpuMask::kNone; cpu = mask.find_set(cpu + 1)) {
        if (cpu == self || !online.test(cpu)) {
            mask.clear(cpu);
        } else {
            count++;
        }
    }
    if (count == 0 || g_sender.send == nullptr) return;
    while (g_call.busy.exchange(true, std::memory_order_acquire)) wait_politely();
    g_call.context.store(context, std::memory_order_relaxed);
    g_call.left.store(count, std::memory_order_relaxed);
    g_call.fn.store(fn, std::memory_order_release);
    for (usize cpu = mask.find_set(); cpu != CpuMask::kNone; cpu = mask.find_set(cpu + 1)) {
        g_call.pending.set(cpu);
        g_sender.send(static_cast<u32>(cpu), Ipi::kCall);
    }
    while (g_call.left.load(std::memory_order_acquire) != 0) arch::pause();
    g_call.busy.store(false, std::memory_order_release);
}

void call_on_others(void (*fn)(void*), void* context) { call_on(online_mask(), fn, context); }

}  // namespace hw
