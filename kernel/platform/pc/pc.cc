#include "platform/pc/pc.h"

#include "arch/cpu.h"
#include "base/own.h"
#include "hw/cpus.h"
#include "hw/irq.h"
#include "log/log.h"
#include "platform/pc/acpi/fadt.h"
#include "platform/pc/acpi/madt.h"
#include "platform/pc/acpi/small_tables.h"
#include "platform/pc/clocks.h"
#include "platform/pc/firmware.h"
#include "platform/pc/ioapic.h"
#include "platform/pc/lapic.h"
#include "platform/pc/pci_config.h"
#include "platform/pc/power.h"
#include "platform/pc/smp.h"

namespace platform::pc {
namespace {

void init_power() {
    auto table = firmware::find("FACP");
    if (!table.ok()) return;
    auto fadt = acpi::parse_fadt(*table);
    if (!fadt.ok()) {
        log::warn("acpi: the FADT is too short: no power off by ACPI");
        return;
    }
    auto dsdt = firmware::map_table(fadt->dsdt);
    std::optional<acpi::SleepType> soft_off;
    if (dsdt.ok()) soft_off = acpi::find_sleep_type(*dsdt, 5);
    if (!soft_off) log::warn("acpi: no _S5_ in the DSDT: no power off by ACPI");
    power::use_acpi(*fadt, soft_off);
    clocks::init_pm_timer(fadt->pm_timer, fadt->pm_timer_32_bits);
    clocks::set_century_register(fadt->century_register);
}

void init_hpet() {
    auto table = firmware::find("HPET");
    if (!table.ok()) return;
    auto address = acpi::parse_hpet(*table);
    if (address.ok()) clocks::init_hpet(*address);
}

// Defaults of every PC where the firmware says nothing: the boot CPU alone and an APIC at the usual place.
Result<void> read_madt(acpi::Madt& madt) {
    auto table = firmware::find("APIC");
    auto parsed = table.ok() ? acpi::parse_madt(*table, madt) : Result<void>(table.error());
    if (!parsed.ok()) log::warn("acpi: no usable MADT ({}): one CPU, device interrupts are off", parsed.error());
    return parsed;
}

}  // namespace

void init_early(const Options& options) {
    hw::register_cpu(0, arch::boot_cpu_local());
    ioapic::silence_8259();
    power::init();
    if (options.debug_exit) power::use_debug_exit();
}

void init(const arch::BootInfo& boot, const Options& options) {
    firmware::init(boot);
    auto madt = make_own<acpi::Madt>();
    if (!madt.ok()) log::panic("platform: no memory for the interrupt controllers' description");
    acpi::Madt& m = **madt;
    bool have_madt = read_madt(m).ok();

    auto lapic_ready = lapic::init(PhysAddr(m.local_apic));
    if (!lapic_ready.ok()) {
        log::error("lapic: cannot map {:#x} ({}): no timer, no other CPUs", m.local_apic, lapic_ready.error());
    } else {
        smp::init_ipis();
        if (have_madt) smp::set_cpus(m, options.max_cpus);
        hw::irq::IrqChip chip{.name = "apic", .end_of_interrupt = &lapic::end_of_interrupt};
        if (have_madt && ioapic::init(m).ok()) {
            chip.route = &ioapic::route;
            chip.mask = &ioapic::mask;
            chip.unmask = &ioapic::unmask;
            chip.isa_line = &ioapic::isa_line;
        } else {
            log::warn("ioapic: none: devices work by polling where they can");
        }
        hw::irq::set_chip(chip);
    }
    init_power();
    init_hpet();
    clocks::calibrate_and_register();
}

void find_devices(const arch::BootInfo& boot) { init_pci(boot); }

void start_cpus() {
    if (lapic::present()) smp::start_others();
}

void await_cpus() { smp::await_others(); }

}  // namespace platform::pc
