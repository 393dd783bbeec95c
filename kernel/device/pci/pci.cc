#include "device/pci/pci.h"

#include "base/vector.h"
#include "device/pci/resources.h"
#include "log/log.h"

namespace device::pci {
namespace {

// Written by init() alone.
constinit Vector<Function> g_functions;
constinit ConfigSpace* g_space = nullptr;

Result<void> scan_bus(ConfigSpace& space, u8 bus, u8 last_bus, int depth) {
    for (u8 slot = 0; slot < 32; slot++) {
        for (u8 fn = 0; fn < 8; fn++) {
            Function f;
            Address a{0, bus, slot, fn};
            if (!read_function(space, a, f)) {
                if (fn == 0) break;
                continue;
            }
            TRY(g_functions.try_push(f));
            if (f.bridge() && depth < 8) {
                u8 secondary = read8(space, a, reg::kBridgeBuses + 1);
                // A bridge without numbers (firmware that does not set it up) hides what is behind it.
                if (secondary > bus && secondary <= last_bus) TRY(scan_bus(space, secondary, last_bus, depth + 1));
            }
            constexpr u8 kMultiFunction = 0x80;
            if (fn == 0 && (read8(space, a, reg::kHeaderType) & kMultiFunction) == 0) break;
        }
    }
    return {};
}

void assign(ConfigSpace& space, Window window) {
    RangeAllocator free(window.first, window.end);
    for (const Function& f : g_functions)
        for (const Bar& b : f.bars)
            if (b.memory() && b.base != 0) free.reserve(b.base, b.size);
    for (Function& f : g_functions) {
        for (usize i = 0; i < f.bars.size(); i++) {
            Bar& b = f.bars[i];
            if (!b.memory() || b.base != 0 || f.address.bus != 0) continue;
            auto base = free.allocate(b.size < kPageSize ? kPageSize : b.size);
            if (!base) {
                log::warn("pci: no room for {} bytes of {:02x}:{:02x}.{}", b.size, f.address.bus, f.address.slot,
                          f.address.function);
                continue;
            }
            b.base = *base;
            write_bar(space, f, i);
        }
    }
}

}  // namespace

Result<void> init(ConfigSpace& space, u8 last_bus, Window window) {
    g_space = &space;
    TRY(scan_bus(space, 0, last_bus, 0));
    if (window.end > window.first) assign(space, window);
    return {};
}

std::span<const Function> functions() { return std::as_const(g_functions).span(); }
ConfigSpace* config_space() { return g_space; }

const Function* find(u16 vendor, u16 device) {
    for (const Function& f : functions())
        if (f.vendor == vendor && f.device == device) return &f;
    return nullptr;
}

void enable(const Function& f, u16 bits) {
    write16(*g_space, f.address, reg::kCommand, read16(*g_space, f.address, reg::kCommand) | bits);
}

Result<MmioRegion> map_registers(const Function& f, usize bar) {
    const Bar& b = f.bars.at(bar);
    if (!b.memory() || b.base == 0) return Errno::kNXIO;
    return MmioRegion::map(PhysAddr(b.base), b.size);
}

}  // namespace device::pci
