#include "platform/pc/lapic.h"

#include <array>
#include <atomic>

#include "arch/cpu.h"
#include "device/mmio.h"
#include "hw/irq.h"
#include "log/log.h"

namespace platform::pc::lapic {
namespace {

// Offsets in xAPIC's page; the x2APIC MSR is 0x800 + offset / 16. SDM volume 3, tables 11-1 and 11-6.
enum class Reg : u32 {
    kId = 0x20,
    kTaskPriority = 0x80,
    kEndOfInterrupt = 0xb0,
    kLogicalDestination = 0xd0,
    kSpurious = 0xf0,
    kErrorStatus = 0x280,
    kCommandLow = 0x300,
    kCommandHigh = 0x310,
    kLvtTimer = 0x320,
    kLvtThermal = 0x330,
    kLvtPerformance = 0x340,
    kLvtLint0 = 0x350,
    kLvtLint1 = 0x360,
    kLvtError = 0x370,
    kTimerInitial = 0x380,
    kTimerCurrent = 0x390,
    kTimerDivide = 0x3e0,
};
constexpr u64 kBaseEnable = 1u << 11, kBaseX2apic = 1u << 10;
constexpr u32 kSoftwareEnable = 1u << 8, kMasked = 1u << 16, kDeliveryPending = 1u << 12;
constexpr u32 kModeNmi = 4u << 8, kModeInit = 5u << 8, kModeStartup = 6u << 8, kLevelAssert = 1u << 14;
constexpr u32 kTimerOneShot = 0, kTimerTscDeadline = 2u << 17;
constexpr u32 kDivideBy1 = 0b1011;

constinit device::MmioRegion g_registers;
constinit bool g_present = false;
constinit bool g_x2apic = false;
constinit bool g_tsc_deadline = false;
constinit u64 g_timer_hz = 0;
constinit u64 g_tsc_per_ns = 0, g_counts_per_ns = 0;  // 32.32 fixed point

u32 read(Reg r) {
    u32 at = static_cast<u32>(r);
    return g_x2apic ? static_cast<u32>(arch::rdmsr(arch::msr::kX2apicFirst + at / 16)) : g_registers.read32(at);
}
void write(Reg r, u32 value) {
    u32 at = static_cast<u32>(r);
    if (g_x2apic) {
        arch::wrmsr(arch::msr::kX2apicFirst + at / 16, value);
    } else {
        g_registers.write32(at, value);
    }
}

void command(u32 apic_id, u32 low) {
    if (g_x2apic) {
        // The WRMSR does not order earlier stores (SDM volume 3, 11.12.3).
        std::atomic_thread_fence(std::memory_order_seq_cst);
        arch::wrmsr(arch::msr::kX2apicFirst + static_cast<u32>(Reg::kCommandLow) / 16, (u64{apic_id} << 32) | low);
        return;
    }
    u64 flags = arch::irq_save();  // the register is written in two halves
    // Bounded: a broken APIC must not hang the machine.
    for (int i = 0; i < 100'000 && (read(Reg::kCommandLow) & kDeliveryPending) != 0; i++) arch::pause();
    write(Reg::kCommandHigh, apic_id << 24);
    write(Reg::kCommandLow, low);
    arch::irq_restore(flags);
}

bool on_error(void*) {
    write(Reg::kErrorStatus, 0);  // latches
    log::warn("lapic: error {:#x} on APIC {}", read(Reg::kErrorStatus), this_apic_id());
    return true;
}
constinit hw::irq::Action g_error_action{.handler = &on_error, .name = "lapic-error"};

}  // namespace

Result<void> init(PhysAddr registers) {
    const arch::Features& f = arch::features();
    g_x2apic = f.x2apic;
    if (!g_x2apic) g_registers = TRY(device::MmioRegion::map(registers, kPageSize));
    g_present = true;
    g_tsc_deadline = f.tsc_deadline;
    init_this_cpu();
    hw::irq::register_handler(hw::irq::kErrorVector, g_error_action);
    return {};
}

void init_this_cpu() {
    u64 base = arch::rdmsr(arch::msr::kApicBase) | kBaseEnable;
    arch::wrmsr(arch::msr::kApicBase, base);
    // To x2APIC only by way of enabled xAPIC (SDM volume 3, 11.12.5).
    if (g_x2apic) arch::wrmsr(arch::msr::kApicBase, base | kBaseX2apic);
    write(Reg::kTaskPriority, 0);
    write(Reg::kLvtTimer, kMasked | hw::irq::kTimerVector);
    write(Reg::kLvtLint0, kMasked);  // the 8259s' way in
    write(Reg::kLvtLint1, kModeNmi);
    write(Reg::kLvtError, hw::irq::kErrorVector);
    write(Reg::kTimerDivide, kDivideBy1);
    write(Reg::kSpurious, kSoftwareEnable | hw::irq::kSpuriousVector);
    if (g_timer_hz != 0)
        write(Reg::kLvtTimer, (g_tsc_deadline ? kTimerTscDeadline : kTimerOneShot) | hw::irq::kTimerVector);
}

bool present() { return g_present; }
bool x2apic() { return g_x2apic; }
u32 this_apic_id() { return g_x2apic ? read(Reg::kId) : read(Reg::kId) >> 24; }

void for_each_register(void (*fn)(std::string_view name, u32 value, void* context), void* context) {
    struct Named {
        Reg reg;
        std::string_view name;
    };
    constexpr std::array kShown = {
        Named{Reg::kId, "id"},
        Named{Reg::kTaskPriority, "task-priority"},
        Named{Reg::kSpurious, "spurious"},
        Named{Reg::kErrorStatus, "error-status"},
        Named{Reg::kLvtTimer, "lvt-timer"},
        Named{Reg::kLvtThermal, "lvt-thermal"},
        Named{Reg::kLvtPerformance, "lvt-performance"},
        Named{Reg::kLvtLint0, "lvt-lint0"},
        Named{Reg::kLvtLint1, "lvt-lint1"},
        Named{Reg::kLvtError, "lvt-error"},
        Named{Reg::kTimerInitial, "timer-initial"},
        Named{Reg::kTimerCurrent, "timer-current"},
        Named{Reg::kTimerDivide, "timer-divide"},
    };
    for (const Named& n : kShown) fn(n.name, read(n.reg), context);
}

void end_of_interrupt() { write(Reg::kEndOfInterrupt, 0); }

void send(u32 apic_id, u8 vector) { command(apic_id, vector); }
void send_nmi(u32 apic_id) { command(apic_id, kModeNmi); }
void send_init(u32 apic_id) { command(apic_id, kModeInit | kLevelAssert); }
void send_startup(u32 apic_id, u8 page) { command(apic_id, kModeStartup | kLevelAssert | page); }

void restart_count() { write(Reg::kTimerInitial, 0xffff'ffff); }
u32 remaining_count() { return read(Reg::kTimerCurrent); }

void set_timer_rate(u64 timer_hz, u64 tsc_hz) {
    write(Reg::kTimerInitial, 0);
    g_timer_hz = timer_hz;
    g_counts_per_ns = static_cast<u64>((static_cast<unsigned __int128>(timer_hz) << 32) / 1'000'000'000);
    g_tsc_per_ns = static_cast<u64>((static_cast<unsigned __int128>(tsc_hz) << 32) / 1'000'000'000);
    write(Reg::kLvtTimer, (g_tsc_deadline ? kTimerTscDeadline : kTimerOneShot) | hw::irq::kTimerVector);
}
u64 timer_rate() { return g_timer_hz; }
bool uses_tsc_deadline() { return g_tsc_deadline; }

void arm(Duration delay) {
    u64 ns = delay.ns <= 0 ? 0 : static_cast<u64>(delay.ns);
    u64 per_ns = g_tsc_deadline ? g_tsc_per_ns : g_counts_per_ns;
    // Rounded up: a timer that fires early would only be armed again.
    u64 counts = static_cast<u64>((static_cast<unsigned __int128>(ns) * per_ns + 0xffff'ffff) >> 32);
    if (g_tsc_deadline) {
        arch::wrmsr(arch::msr::kTscDeadline, arch::rdtsc() + counts);
        return;
    }
    if (counts > 0xffff'ffff) counts = 0xffff'ffff;
    write(Reg::kTimerInitial, counts == 0 ? 1 : static_cast<u32>(counts));  // 0 would stop it
}

void disarm() {
    if (g_tsc_deadline) {
        arch::wrmsr(arch::msr::kTscDeadline, 0);
    } else {
        write(Reg::kTimerInitial, 0);
    }
}

}  // namespace platform::pc::lapic
