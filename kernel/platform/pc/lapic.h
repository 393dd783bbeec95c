// The local APIC of each CPU: end of interrupt, IPIs, the timer. xAPIC by memory or x2APIC by MSRs.
// Callers: platform/pc.
// Locks, context: the registers are the executing CPU's; interrupts off where stated.
// Source: Intel SDM volume 3, chapter 11.
#pragma once

#include <string_view>

#include "base/duration.h"
#include "base/result.h"
#include "base/types.h"

namespace platform::pc::lapic {

// Maps the registers (xAPIC) and turns this, the boot CPU's, on. ENODEV: no local APIC.
Result<void> init(PhysAddr registers);
// On each other CPU, interrupts off.
void init_this_cpu();
bool present();
bool x2apic();

u32 this_apic_id();
// Registers of this CPU's, with preemption off around: fn(name, value).
void for_each_register(void (*fn)(std::string_view name, u32 value, void* context), void* context);
void end_of_interrupt();

// Fixed interrupt `vector` to one CPU.
void send(u32 apic_id, u8 vector);
void send_nmi(u32 apic_id);
void send_init(u32 apic_id);
void send_startup(u32 apic_id, u8 page);  // starts at page << 12

// The timer, once its rate is known (counts a second, after the divider of 1 that init sets up).
// Counts left of 2^32-1 since restart_count(): for calibration.
void restart_count();
u32 remaining_count();
void set_timer_rate(u64 timer_hz, u64 tsc_hz);
u64 timer_rate();
bool uses_tsc_deadline();
// Interrupts off: one interrupt on hw::irq::kTimerVector after `delay` or, if that is too far, earlier.
void arm(Duration delay);
void disarm();

}  // namespace platform::pc::lapic
