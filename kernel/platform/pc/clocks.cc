#include "platform/pc/clocks.h"

#include <array>

#include "arch/cpu.h"
#include "device/mmio.h"
#include "device/pio.h"
#include "hw/clock.h"
#include "hw/irq.h"
#include "log/log.h"
#include "platform/pc/calendar.h"
#include "platform/pc/lapic.h"

namespace platform::pc::clocks {
namespace {

// HPET registers.
constexpr usize kCapabilities = 0x00, kConfiguration = 0x10, kMainCounter = 0xf0;
constexpr u64 kEnable = 1, kCounter64 = 1u << 13;
constexpr u64 kFemtosecond = 1'000'000'000'000'000;
constexpr u32 kPmTimerHz = 3'579'545;
constexpr u32 kPitHz = 1'193'182;
constexpr i64 kWindowNs = 500'000;  // how long a measurement takes: some 20 ppm with a reference of 100 MHz

constinit device::MmioRegion g_hpet;
constinit u64 g_hpet_hz = 0, g_hpet_mask = 0;
constinit device::Pio g_pm_timer;
constinit u64 g_pm_mask = 0;
constinit u64 g_tsc_hz = 0;
constinit u8 g_century_register = 0;

u64 read_tsc() { return arch::rdtsc(); }
u64 read_hpet() { return g_hpet_mask > 0xffff'ffff ? g_hpet.read64(kMainCounter) : g_hpet.read32(kMainCounter); }
u64 read_pm_timer() { return g_pm_timer.read32(0) & g_pm_mask; }

// The PIT's channel 2 counts down from 0xffff, gated by port 0x61; good for 54 ms after start_pit().
constexpr device::Pio kPit(0x40, 4), kPortB(0x61, 1);
void start_pit() {
    kPortB.write8(0, static_cast<u8>((kPortB.read8(0) & 0xfc) | 1));  // gate on, speaker off
    kPit.write8(3, 0xb0);                                             // channel 2, both bytes, mode 0
    kPit.write8(2, 0xff);
    kPit.write8(2, 0xff);
}
u64 read_pit() {
    kPit.write8(3, 0x80);  // latch channel 2
    u32 low = kPit.read8(2), high = kPit.read8(2);
    return (0xffff - (low | high << 8)) & 0xffff;
}

struct Reference {
    const char* name = "none";
    u64 (*read)() = nullptr;
    u64 hz = 0, mask = 0;
};

Reference pick_reference() {
    if (g_hpet_hz != 0) return {"HPET", &read_hpet, g_hpet_hz, g_hpet_mask};
    if (g_pm_mask != 0) return {"ACPI timer", &read_pm_timer, kPmTimerHz, g_pm_mask};
    start_pit();
    return {"PIT", &read_pit, kPitHz, 0xffff};
}

// A counter's value at a moment of the TSC. Of several tries the one in which reading it took the least time: an
// emulator's or a hypervisor's pause between two reads would spoil the measurement.
struct Sample {
    u64 tsc = 0, value = 0;
};
// One copy of the code, rolled: an emulator translates what runs for the first time, which takes longer than a read.
[[gnu::noinline]] Sample sample(u64 (*read)()) {
    constexpr int kTries = 8;
    Sample best;
    u64 best_width = ~u64{0};
#pragma clang loop unroll(disable)
    for (int i = 0; i < kTries; i++) {
        u64 before = arch::rdtsc_ordered();
        u64 value = read();
        u64 after = arch::rdtsc_ordered();
        if (after - before < best_width) {
            best_width = after - before;
            best = {before + (after - before) / 2, value};
        }
    }
    return best;
}
u64 read_lapic() { return lapic::present() ? u64{lapic::remaining_count()} : 0; }

u64 rate(u64 counts, u64 reference_counts, u64 reference_hz) {
    return reference_counts == 0
               ? 0
               : static_cast<u64>(static_cast<unsigned __int128>(counts) * reference_hz / reference_counts);
}

// False: the reference does not move.
bool measure(const Reference& r, u64& tsc_hz, u64& lapic_hz) {
    if (lapic::present()) lapic::restart_count();
    sample(&read_lapic);  // warm
    sample(r.read);
    Sample lapic_start = sample(&read_lapic);
    Sample start = sample(r.read);
    u64 wanted = r.hz * static_cast<u64>(kWindowNs) / 1'000'000'000;
    while (((r.read() - start.value) & r.mask) < wanted) {
        if (arch::rdtsc() - start.tsc > 2'000'000'000) return false;  // half a second or so on any CPU
        arch::pause();
    }
    Sample end = sample(r.read);
    Sample lapic_end = sample(&read_lapic);
    tsc_hz = rate(end.tsc - start.tsc, (end.value - start.value) & r.mask, r.hz);
    lapic_hz = rate(lapic_start.value - lapic_end.value, lapic_end.tsc - lapic_start.tsc, tsc_hz);
    return tsc_hz != 0;
}

void arm_event(Instant when, Instant now) { lapic::arm(when - now); }
void disarm_event() { lapic::disarm(); }
bool on_timer(void*) {
    hw::clock_event_fired();
    return true;
}
constinit hw::irq::Action g_timer_action{.handler = &on_timer, .name = "timer"};

u8 read_cmos(u8 index) {
    constexpr device::Pio cmos(0x70, 2);
    cmos.write8(0, index);
    return cmos.read8(1);
}
CmosTime read_cmos_time() {
    CmosTime t{read_cmos(0), read_cmos(2), read_cmos(4), read_cmos(7), read_cmos(8), read_cmos(9), 0, read_cmos(11)};
    if (g_century_register != 0) t.century = read_cmos(g_century_register);
    return t;
}

}  // namespace

void init_hpet(PhysAddr address) {
    auto registers = device::MmioRegion::map(address, 0x400);
    if (!registers.ok()) return;
    u64 capabilities = registers->read64(kCapabilities);
    u64 period = capabilities >> 32;  // femtoseconds; at most 100 ns by the specification
    if (period == 0 || period > 100'000'000) {
        log::warn("hpet: registers at {:#x} give a period of {} fs: not used", address.value, period);
        return;
    }
    g_hpet = registers.take();
    g_hpet.write64(kConfiguration, kEnable);
    g_hpet_hz = kFemtosecond / period;
    g_hpet_mask = (capabilities & kCounter64) != 0 ? ~u64{0} : 0xffff'ffff;
}

void init_pm_timer(u16 port, bool wide) {
    if (port == 0) return;
    g_pm_timer = device::Pio(port, 4);
    g_pm_mask = wide ? 0xffff'ffff : 0xff'ffff;
}

void calibrate_and_register() {
    const arch::Features& f = arch::features();
    Reference reference = pick_reference();
    u64 lapic_hz = 0;
    if (!measure(reference, g_tsc_hz, lapic_hz)) {
        g_tsc_hz = 1'000'000'000;
        lapic_hz = lapic_hz == 0 ? 1'000'000'000 : lapic_hz;
        log::error("clock: the {} does not count; the TSC is taken to run at 1 GHz, times will be wrong",
                   reference.name);
    }
    // An emulator's or hypervisor's TSC is constant although its CPUID may not say so.
    bool tsc_usable =
        f.tsc && (f.invariant_tsc || f.hypervisor || reference.hz < kPmTimerHz || hw::cpus_possible() == 1);
    if (tsc_usable) {
        hw::set_clock_source({.name = "tsc", .hz = g_tsc_hz, .read = &read_tsc, .is_tsc = true});
    } else {
        hw::set_clock_source(
            {.name = reference.name, .hz = reference.hz, .read = reference.read, .mask = reference.mask});
    }
    if (lapic::present()) {
        lapic::set_timer_rate(lapic_hz, g_tsc_hz);
        hw::irq::register_handler(hw::irq::kTimerVector, g_timer_action);
        hw::set_clock_event({.name = lapic::uses_tsc_deadline() ? "tsc-deadline" : "lapic",
                             .arm = &arm_event,
                             .disarm = &disarm_event});
    }
    hw::set_wall_clock_reader(&read_cmos_clock);
    log::info("clock: source {}, TSC {} kHz by the {}, event {} at {} kHz", hw::clock_source().name, g_tsc_hz / 1000,
              reference.name, hw::clock_event().name, lapic_hz / 1000);
}

u64 tsc_hz() { return g_tsc_hz; }
void set_century_register(u8 index) { g_century_register = index; }

i64 read_cmos_clock() {
    constexpr u8 kUpdating = 0x80;
    // Read until two readings agree outside an update; a few tries, since a missing clock must not hang us.
    CmosTime last{};
    for (int i = 0; i < 100; i++) {
        if ((read_cmos(10) & kUpdating) != 0) continue;
        CmosTime now = read_cmos_time();
        if (i > 0 && now == last) return unix_time(now).value_or(0);
        last = now;
    }
    return unix_time(last).value_or(0);
}

}  // namespace platform::pc::clocks
