// Interrupt vectors and lines: allocation, handlers, dispatch, counts. Implements arch's on_interrupt upcall.
// Callers: platform supplies the chip; drivers request lines or vectors.
// Locks, context: requests in thread context or at start-up; handlers run with interrupts off, irq_depth >= 1.
#pragma once

#include <atomic>

#include "base/result.h"
#include "hw/cpus.h"

namespace hw::irq {

// Vectors with a fixed meaning; the rest of 0x30..0xdf is allocated. The priority class is the upper nibble.
inline constexpr u8 kFirstAllocated = 0x30, kLastAllocated = 0xdf;
inline constexpr u8 kLegacyFirst = 0x20;  // the masked 8259s point here: spurious ones are counted and dropped
inline constexpr u8 kTimerVector = 0xec, kIpiFirst = 0xf0, kErrorVector = 0xfe, kSpuriousVector = 0xff;
inline constexpr u8 kNmiVector = 2;

// One handler of a vector or line. Lives as long as the registration; a driver's static or member.
struct Action {
    // True if the device wanted service: for the count of interrupts that nobody wanted.
    bool (*handler)(void* context) = nullptr;
    void* context = nullptr;
    const char* name = "";
    std::atomic<Action*> next{nullptr};  // the registry's
};

// A vector of its own (MSI and the like): EBUSY when none is left.
Result<u8> allocate_vector();
void free_vector(u8 vector);
// Adds a handler to a vector. Several share it; all are called.
void register_handler(u8 vector, Action& action);

enum class Trigger : u8 { kEdgeHigh, kEdgeLow, kLevelHigh, kLevelLow };

// The interrupt controller(s) as platform implements them.
struct IrqChip {
    const char* name = "";
    void (*end_of_interrupt)() = nullptr;
    // Points global interrupt `gsi` at `vector` on `cpu`, masked. EINVAL: no such line.
    Result<void> (*route)(u32 gsi, Trigger trigger, u8 vector, u32 cpu) = nullptr;
    void (*mask)(u32 gsi) = nullptr;
    void (*unmask)(u32 gsi) = nullptr;
    // The line and trigger of an ISA interrupt (source overrides of the MADT).
    void (*isa_line)(u8 isa_irq, u32& gsi, Trigger& trigger) = nullptr;
};
void set_chip(const IrqChip& chip);
bool have_chip();

// A device's line. The first request routes and unmasks it; later ones share it. ENODEV without a controller.
Result<void> request_line(u32 gsi, Trigger trigger, Action& action);
Result<void> request_isa(u8 isa_irq, Action& action);

// In an interrupt handler: whether this CPU's last interrupt came in user mode (for tick accounting).
bool interrupted_user_mode();

// Interrupts taken by `cpu` on `vector` since boot; all vectors of a CPU; names for /proc/interrupts.
u32 count(u32 cpu, u8 vector);
u64 count_all(u32 cpu);
const char* vector_user(u8 vector);  // name of the first action, or "" when there is none
i32 vector_line(u8 vector);          // the global interrupt routed to it, or -1

}  // namespace hw::irq
