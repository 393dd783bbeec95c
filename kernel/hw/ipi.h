// Interrupts between CPUs: kinds, sending, handlers, and calls of a function on other CPUs.
// Callers: sched (reschedule), vm (TLB), log (stop); platform supplies the sender.
// Locks, context: send in any context; call_on_others() with interrupts on or with all targets known to take theirs.
#pragma once

#include "hw/cpus.h"

namespace hw {

enum class Ipi : u8 {
    kReschedule,  // only to be taken: the exit path of the interrupt looks at need_resched
    kCall,        // call_on()'s own
    kTlb,         // vm's shootdown
    kWake,        // sched's own use (timer moved, work queued)
    kCount,
};

struct IpiSender {
    void (*send)(u32 cpu, Ipi kind) = nullptr;
    void (*send_others)(Ipi kind) = nullptr;  // all online CPUs but this one
    void (*nmi_others)() = nullptr;           // a non-maskable interrupt for all but this one
};
void set_ipi_sender(const IpiSender& sender);

// To this CPU too, if `cpu` is it. Does nothing before platform registered a sender (one CPU).
void send_ipi(u32 cpu, Ipi kind);
void send_ipi_others(Ipi kind);
// Stops all other CPUs for good, by NMI: for a panic. Waits at most some milliseconds for them.
void stop_other_cpus();

// Runs in interrupt context, interrupts off. One handler a kind, set at start-up.
void set_ipi_handler(Ipi kind, void (*handler)());
// platform's interrupt for `kind` calls this.
void ipi_arrived(Ipi kind);
// platform's/on_interrupt's NMI calls this: true when it was the stop of a panic (does not return then).
bool nmi_arrived();

// fn(context) in interrupt context on each CPU of `targets` but this one; returns when all have run it.
// Preemption must be off (the caller's idea of "this CPU"); interrupts on, or two callers could wait for each other.
void call_on(const CpuMask& targets, void (*fn)(void*), void* context);
void call_on_others(void (*fn)(void*), void* context);

}  // namespace hw
