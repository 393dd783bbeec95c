// Counters of a PC (TSC, HPET, ACPI timer, PIT, CMOS clock): which to use, and how fast the TSC and LAPIC timer run.
// Callers: platform/pc.
// Locks, context: start-up, interrupts off; the registered clock functions in any.
// Source: IA-PC HPET 1.0a; ACPI 6.5, 4.8.3.3 (PM timer); Intel SDM volume 3, 18.7.3 (CPUID 15H).
#pragma once

#include "base/types.h"

namespace platform::pc::clocks {

// Remembers the HPET if its registers look right.
void init_hpet(PhysAddr registers);
void init_pm_timer(u16 port, bool wide);
// Measures the TSC and the LAPIC timer (about half a millisecond), then registers the clock
// source, the clock event and the wall clock with hw/.
void calibrate_and_register();
u64 tsc_hz();

// Seconds since 1970 by the CMOS clock, taken as UTC; 0 if it does not answer.
i64 read_cmos_clock();
void set_century_register(u8 index);

}  // namespace platform::pc::clocks
