#include "platform/pc/pci_config.h"

#include "base/own.h"
#include "device/mmio.h"
#include "device/pci/pci.h"
#include "device/pio.h"
#include "log/log.h"
#include "platform/pc/acpi/small_tables.h"
#include "platform/pc/firmware.h"
#include "sync/guarded.h"

namespace platform::pc {
namespace {

using device::pci::Address;

class PortSpace final : public device::pci::ConfigSpace {
  public:
    u32 read(Address a, u16 offset) override {
        auto g = lock_.lock();
        if (!select(a, offset)) return ~0u;
        return kPorts.read32(4);
    }
    void write(Address a, u16 offset, u32 value) override {
        auto g = lock_.lock();
        if (select(a, offset)) kPorts.write32(4, value);
    }

  private:
    static constexpr device::Pio kPorts{0xcf8, 8};
    struct Nothing {};
    static bool select(Address a, u16 offset) {
        if (offset >= 256 || a.segment != 0) return false;
        kPorts.write32(0, 0x8000'0000 | u32{a.bus} << 16 | u32{a.slot} << 11 | u32{a.function} << 8 | offset);
        return true;
    }
    sync::Guarded<Nothing, sync::SpinLock<sync::Rank::kDevice, sync::kIrqOff>> lock_;
};

// One bus's megabyte is mapped when it is first looked at: 256 of them would cost page tables for nothing.
class MappedSpace final : public device::pci::ConfigSpace {
  public:
    explicit MappedSpace(const acpi::McfgSegment& segment) : segment_(segment) {}
    u32 read(Address a, u16 offset) override {
        const device::MmioRegion* r = region(a, offset);
        return r == nullptr ? ~0u : r->read32(place(a, offset));
    }
    void write(Address a, u16 offset, u32 value) override {
        const device::MmioRegion* r = region(a, offset);
        if (r != nullptr) r->write32(place(a, offset), value);
    }

  private:
    static usize place(Address a, u16 offset) { return usize{a.slot} << 15 | usize{a.function} << 12 | offset; }
    // Buses are first touched by the scan at start-up, which is alone.
    const device::MmioRegion* region(Address a, u16 offset) {
        if (a.segment != segment_.segment || a.bus < segment_.first_bus || a.bus > segment_.last_bus || offset >= 4096)
            return nullptr;
        device::MmioRegion& r = buses_.at(a.bus);
        if (!r) {
            auto mapped = device::MmioRegion::map(PhysAddr(segment_.base + (u64{a.bus} << 20)), 1 << 20);
            if (!mapped.ok()) return nullptr;
            r = mapped.take();
        }
        return &r;
    }
    acpi::McfgSegment segment_;
    std::array<device::MmioRegion, 256> buses_{};
};

constinit PortSpace g_ports;

// Addresses below 4 GiB that nothing uses by the memory map, up to the I/O APIC.
device::pci::Window device_window(const arch::BootInfo& boot) {
    u64 first = 0xc000'0000;
    constexpr u64 kEnd = 0xfe80'0000;
    for (usize i = 0; i < boot.range_count; i++) {
        const arch::MemoryRange& r = std::span(boot.ranges)[i];
        if (r.base < kEnd && r.end() > first && r.end() < kEnd) first = align_up(r.end(), u64{1} << 20);
    }
    return {first, kEnd};
}

}  // namespace

void init_pci(const arch::BootInfo& boot) {
    device::pci::ConfigSpace* space = &g_ports;
    u8 last_bus = 255;
    auto table = firmware::find("MCFG");
    auto mcfg = table.ok() ? acpi::parse_mcfg(*table) : Result<acpi::Mcfg>(table.error());
    if (mcfg.ok() && mcfg->count > 0 && mcfg->segments[0].first_bus == 0 && mcfg->segments[0].base != 0) {
        auto mapped = make_own<MappedSpace>(mcfg->segments[0]);
        // Some firmware announces a window that the chipset does not decode: it must show the host bridge.
        if (mapped.ok() && ((*mapped)->read({}, 0) & 0xffff) != 0xffff) {
            last_bus = mcfg->segments[0].last_bus;
            space = (*mapped).release();  // lives for ever
        }
    }
    auto found = device::pci::init(*space, last_bus, device_window(boot));
    if (!found.ok()) log::error("pci: no memory for the list of devices: some are missing");
    log::info("pci: {} functions", device::pci::functions().size());
}

}  // namespace platform::pc
