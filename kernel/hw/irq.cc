#include "hw/irq.h"

#include <array>

#include "arch/cpu.h"
#include "arch/trap.h"
#include "arch/upcalls.h"
#include "hw/ipi.h"

namespace hw::irq {
namespace {

constexpr usize kVectors = 256;
constexpr usize kMaxLines = 256;

constinit std::array<std::atomic<Action*>, kVectors> g_actions{};
constinit AtomicBitmap<kVectors> g_used;
constinit std::array<std::atomic<i32>, kVectors> g_lines{};            // line + 1; 0: none
constinit std::array<std::atomic<u8>, kMaxLines> g_vectors{};          // vector of a line; 0: none
constinit std::array<std::array<u32, kVectors>, kMaxCpus> g_counts{};  // each row written by its CPU alone
constinit IrqChip g_chip{};
constinit std::array<bool, kMaxCpus> g_from_user{};

void append(std::atomic<Action*>& head, Action& action) {
    std::atomic<Action*>* slot = &head;
    for (;;) {
        Action* expected = nullptr;
        if (slot->compare_exchange_strong(expected, &action, std::memory_order_acq_rel)) return;
        slot = &expected->next;
    }
}

// Runs the handlers of a vector until none of them finds work: an edge-triggered line that several ISA devices
// drive shows no new edge while one of them still asserts it.
void run_actions(u8 vector) {
    Action* first = g_actions[vector].load(std::memory_order_acquire);
    if (first == nullptr) return;
    if (first->next.load(std::memory_order_acquire) == nullptr) {
        first->handler(first->context);
        return;
    }
    constexpr int kMaxPasses = 64;  // a device that never falls silent must not hang the CPU
    for (int pass = 0; pass < kMaxPasses; pass++) {
        bool any = false;
        for (Action* a = first; a != nullptr; a = a->next.load(std::memory_order_acquire))
            any |= a->handler(a->context);
        if (!any) return;
    }
}

void dispatch(u8 vector) {
    g_counts[arch::cpu_id()][vector]++;
    if (vector == kNmiVector) {
        nmi_arrived();
        run_actions(vector);
        return;  // an NMI has no end-of-interrupt
    }
    run_actions(vector);
    if (vector != kSpuriousVector && g_chip.end_of_interrupt != nullptr) g_chip.end_of_interrupt();
}

}  // namespace

Result<u8> allocate_vector() {
    for (u32 v = kFirstAllocated; v <= kLastAllocated; v++) {
        if (v == arch::kSyscall32Vector) continue;
        if (!g_used.set(v)) return static_cast<u8>(v);
    }
    return Errno::kBUSY;
}

void free_vector(u8 vector) {
    g_actions[vector].store(nullptr, std::memory_order_release);
    g_used.clear(vector);
}

void register_handler(u8 vector, Action& action) { append(g_actions[vector], action); }

void set_chip(const IrqChip& chip) { g_chip = chip; }
bool have_chip() { return g_chip.route != nullptr; }

Result<void> request_line(u32 gsi, Trigger trigger, Action& action) {
    if (!have_chip()) return Errno::kNODEV;
    if (gsi >= kMaxLines) return Errno::kINVAL;
    u8 vector = g_vectors[gsi].load(std::memory_order_acquire);
    if (vector != 0) {
        register_handler(vector, action);
        return {};
    }
    vector = TRY(allocate_vector());
    Result<void> routed = g_chip.route(gsi, trigger, vector, 0);
    if (!routed.ok()) {
        free_vector(vector);
        return routed;
    }
    g_vectors[gsi].store(vector, std::memory_order_release);
    g_lines[vector].store(static_cast<i32>(gsi) + 1, std::memory_order_release);
    register_handler(vector, action);
    g_chip.unmask(gsi);
    return {};
}

Result<void> request_isa(u8 isa_irq, Action& action) {
    if (!have_chip()) return Errno::kNODEV;
    u32 gsi = isa_irq;
    Trigger trigger = Trigger::kEdgeHigh;
    g_chip.isa_line(isa_irq, gsi, trigger);
    return request_line(gsi, trigger, action);
}

u32 count(u32 cpu, u8 vector) { return cpu < kMaxCpus ? g_counts[cpu][vector] : 0; }

bool interrupted_user_mode() { return g_from_user[arch::cpu_id()]; }

u64 count_all(u32 cpu) {
    u64 sum = 0;
    if (cpu < kMaxCpus)
        for (u32 n : g_counts[cpu]) sum += n;
    return sum;
}

const char* vector_user(u8 vector) {
    Action* a = g_actions[vector].load(std::memory_order_acquire);
    return a == nullptr ? "" : a->name;
}

i32 vector_line(u8 vector) { return g_lines[vector].load(std::memory_order_relaxed) - 1; }

}  // namespace hw::irq

void on_interrupt(arch::TrapFrame& frame, u8 vector) {
    hw::irq::g_from_user[arch::cpu_id()] = frame.from_user();
    hw::irq::dispatch(vector);
}
