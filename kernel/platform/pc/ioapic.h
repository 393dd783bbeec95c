// I/O APICs: global interrupts to vectors. Also silences the two 8259s.
// Callers: platform/pc.
// Locks, context: any; Rank::kIrqChip inside.
// Source: Intel 82093AA data sheet.
#pragma once

#include "hw/irq.h"
#include "platform/pc/acpi/madt.h"

namespace platform::pc::ioapic {

// Points the 8259s at vectors that nobody uses and masks all their lines.
void silence_8259();
// Maps all I/O APICs of `madt`, masks all their lines, remembers the overrides. ENODEV: none.
Result<void> init(const acpi::Madt& madt);

Result<void> route(u32 gsi, hw::irq::Trigger trigger, u8 vector, u32 cpu);
void mask(u32 gsi);
void unmask(u32 gsi);
// A line's redirection entry as the chip has it.
struct Entry {
    u32 gsi = 0, chip = 0;
    u8 vector = 0, destination = 0;
    bool masked = false, level = false, active_low = false;
};
// False: there is no such global interrupt.
bool read_entry(u32 gsi, Entry& out);
void isa_line(u8 isa_irq, u32& gsi, hw::irq::Trigger& trigger);

}  // namespace platform::pc::ioapic
