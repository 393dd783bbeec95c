#include "platform/pc/power.h"

#include "arch/cpu.h"
#include "device/pio.h"
#include "hw/power.h"

namespace platform::pc::power {
namespace {

constexpr u16 kSleepEnable = 1u << 13, kSciEnable = 1u << 0;

constinit bool g_debug_exit = false;
constinit acpi::Fadt g_fadt{};
constinit acpi::SleepType g_soft_off{};
constinit bool g_can_sleep = false;

// Long enough for chipsets and emulators to act, and bounded.
void wait_for_effect() {
    for (u32 i = 0; i < 100'000; i++) arch::io_delay();
}

void debug_exit(u8 code) {
    constexpr device::Pio port(0xf4, 4);
    port.write32(0, code);
    wait_for_effect();
}

void enable_acpi_mode(device::Pio control) {
    if ((control.read16(0) & kSciEnable) != 0 || g_fadt.smi_command == 0 || g_fadt.acpi_enable == 0) return;
    device::Pio(static_cast<u16>(g_fadt.smi_command), 1).write8(0, g_fadt.acpi_enable);
    for (u32 i = 0; i < 100'000 && (control.read16(0) & kSciEnable) == 0; i++) arch::io_delay();
}

// ACPI 6.5, section 16.1.7: the sleep type and SLP_EN into both control registers.
void soft_off() {
    if (!g_can_sleep) return;
    device::Pio a(g_fadt.pm1a_control, 2);
    enable_acpi_mode(a);
    a.write16(0, static_cast<u16>((g_soft_off.a & 7u) << 10 | kSleepEnable));
    if (g_fadt.pm1b_control != 0)
        device::Pio(g_fadt.pm1b_control, 2).write16(0, static_cast<u16>((g_soft_off.b & 7u) << 10 | kSleepEnable));
    wait_for_effect();
}

void restart() {
    if (g_fadt.has_reset && g_fadt.reset.space == acpi::Space::kPorts) {
        device::Pio(static_cast<u16>(g_fadt.reset.address), 1).write8(0, g_fadt.reset_value);
        wait_for_effect();
    }
    // The chipset's reset control register: hard reset, then the edge.
    constexpr device::Pio chipset(0xcf9, 1);
    chipset.write8(0, 0x02);
    chipset.write8(0, 0x06);
    wait_for_effect();
    // The keyboard controller's pulse of the reset line.
    constexpr device::Pio keyboard(0x64, 1);
    for (u32 i = 0; i < 10'000 && (keyboard.read8(0) & 2) != 0; i++) arch::io_delay();
    keyboard.write8(0, 0xfe);
    wait_for_effect();
}

void publish() {
    hw::set_power_operations(
        {.power_off = &soft_off, .restart = &restart, .debug_exit = g_debug_exit ? &debug_exit : nullptr});
}

}  // namespace

void use_debug_exit() {
    g_debug_exit = true;
    publish();
}
void init() { publish(); }

void use_acpi(const acpi::Fadt& fadt, std::optional<acpi::SleepType> soft_off_type) {
    g_fadt = fadt;
    g_can_sleep = soft_off_type.has_value() && fadt.pm1a_control != 0;
    if (g_can_sleep) g_soft_off = *soft_off_type;
    publish();
}

}  // namespace platform::pc::power
