#include "platform/pc/ioapic.h"

#include <array>

#include "device/mmio.h"
#include "device/pio.h"
#include "hw/cpus.h"
#include "log/log.h"
#include "sync/guarded.h"

namespace platform::pc::ioapic {
namespace {

constexpr usize kSelect = 0x00, kWindow = 0x10;
constexpr u32 kVersion = 1, kRedirection = 0x10;
constexpr u32 kMasked = 1u << 16, kLevel = 1u << 15, kActiveLow = 1u << 13;

struct Chip {
    device::MmioRegion registers;
    u32 gsi_base = 0;
    u32 lines = 0;

    u32 read(u32 index) const {
        registers.write32(kSelect, index);
        return registers.read32(kWindow);
    }
    void write(u32 index, u32 value) const {
        registers.write32(kSelect, index);
        registers.write32(kWindow, value);
    }
};
struct State {
    std::array<Chip, acpi::Madt::kMaxIoApics> chips{};
    usize count = 0;
};
constinit sync::Guarded<State, sync::SpinLock<sync::Rank::kIrqChip, sync::kIrqOff>> g_state;

struct IsaLine {
    u32 gsi = 0;
    hw::irq::Trigger trigger = hw::irq::Trigger::kEdgeHigh;
};
constinit std::array<IsaLine, 16> g_isa{};  // written by init() alone

Chip* find(State& state, u32 gsi) {
    for (Chip& c : std::span(state.chips).first(state.count))
        if (gsi >= c.gsi_base && gsi - c.gsi_base < c.lines) return &c;
    return nullptr;
}

void change_mask(u32 gsi, bool masked) {
    auto s = g_state.lock();
    Chip* c = find(*s, gsi);
    if (c == nullptr) return;
    u32 index = kRedirection + 2 * (gsi - c->gsi_base);
    u32 low = c->read(index);
    c->write(index, masked ? low | kMasked : low & ~kMasked);
}

}  // namespace

void silence_8259() {
    // Initialisation words of the 8259A data sheet: cascade, vectors, wiring, 8086 mode. Then all masked.
    constexpr device::Pio master(0x20, 2), slave(0xa0, 2);
    master.write8(0, 0x11);
    slave.write8(0, 0x11);
    master.write8(1, hw::irq::kLegacyFirst);
    slave.write8(1, hw::irq::kLegacyFirst + 8);
    master.write8(1, 4);
    slave.write8(1, 2);
    master.write8(1, 1);
    slave.write8(1, 1);
    master.write8(1, 0xff);
    slave.write8(1, 0xff);
}

Result<void> init(const acpi::Madt& madt) {
    using hw::irq::Trigger;
    for (u32 i = 0; i < g_isa.size(); i++) g_isa[i].gsi = i;
    for (usize i = 0; i < madt.override_count; i++) {
        const acpi::MadtOverride& o = madt.overrides[i];
        if (o.isa_irq >= g_isa.size()) continue;
        bool low = o.polarity == 3, level = o.trigger == 3;  // "as the bus" is ISA's high and edge
        g_isa[o.isa_irq] = {o.gsi, level ? (low ? Trigger::kLevelLow : Trigger::kLevelHigh)
                                         : (low ? Trigger::kEdgeLow : Trigger::kEdgeHigh)};
    }
    for (usize i = 0; i < madt.io_apic_count; i++) {
        auto registers = device::MmioRegion::map(PhysAddr(madt.io_apics[i].address), 0x20);
        if (!registers.ok()) {
            log::error("ioapic: cannot map the registers at {:#x} ({}); its lines are lost", madt.io_apics[i].address,
                       registers.error());
            continue;
        }
        auto s = g_state.lock();
        Chip& c = s->chips.at(s->count);
        c.registers = registers.take();
        c.gsi_base = madt.io_apics[i].gsi_base;
        c.lines = ((c.read(kVersion) >> 16) & 0xff) + 1;
        for (u32 line = 0; line < c.lines; line++) c.write(kRedirection + 2 * line, kMasked);
        s->count++;
    }
    return g_state.lock()->count == 0 ? Result<void>(Errno::kNODEV) : Result<void>();
}

Result<void> route(u32 gsi, hw::irq::Trigger trigger, u8 vector, u32 cpu) {
    using hw::irq::Trigger;
    arch::CpuLocal* local = hw::cpu_local(cpu);
    auto s = g_state.lock();
    Chip* c = find(*s, gsi);
    if (c == nullptr || local == nullptr) return Errno::kINVAL;
    u32 index = kRedirection + 2 * (gsi - c->gsi_base);
    u32 low = kMasked | vector;
    if (trigger == Trigger::kLevelHigh || trigger == Trigger::kLevelLow) low |= kLevel;
    if (trigger == Trigger::kEdgeLow || trigger == Trigger::kLevelLow) low |= kActiveLow;
    c->write(index, kMasked);
    c->write(index + 1, local->apic_id << 24);
    c->write(index, low);
    return {};
}

void mask(u32 gsi) { change_mask(gsi, true); }
void unmask(u32 gsi) { change_mask(gsi, false); }

bool read_entry(u32 gsi, Entry& out) {
    auto s = g_state.lock();
    Chip* c = find(*s, gsi);
    if (c == nullptr) return false;
    const u32 index = kRedirection + 2 * (gsi - c->gsi_base);
    const u32 low = c->read(index);
    u32 number = 0;
    while (&s->chips.at(number) != c) number++;
    out = {.gsi = gsi,
           .chip = number,
           .vector = static_cast<u8>(low),
           .destination = static_cast<u8>(c->read(index + 1) >> 24),
           .masked = (low & kMasked) != 0,
           .level = (low & kLevel) != 0,
           .active_low = (low & kActiveLow) != 0};
    return true;
}

void isa_line(u8 isa_irq, u32& gsi, hw::irq::Trigger& trigger) {
    const IsaLine& line = g_isa.at(isa_irq);
    gsi = line.gsi;
    trigger = line.trigger;
}

}  // namespace platform::pc::ioapic
