#include "device/pci/config.h"

namespace device::pci {
namespace {

constexpr u32 kBarPorts = 1, kBarType64 = 2u << 1, kBarTypeMask = 3u << 1, kBarPrefetch = 1u << 3;

u16 bar_offset(usize index) { return static_cast<u16>(reg::kBar0 + 4 * index); }

// All ones are written and what sticks is the mask of the size (PCI 3.0, 6.2.5.1).
u32 probe(ConfigSpace& space, Address a, u16 offset, u32 old) {
    space.write(a, offset, 0xffff'ffff);
    u32 mask = space.read(a, offset);
    space.write(a, offset, old);
    return mask;
}

void read_bars(ConfigSpace& space, Function& f) {
    usize count = f.header_type == 0 ? 6 : f.header_type == 1 ? 2 : 0;
    u16 old_command = read16(space, f.address, reg::kCommand);
    write16(space, f.address, reg::kCommand, old_command & static_cast<u16>(~(command::kPorts | command::kMemory)));
    for (usize i = 0; i < count; i++) {
        Bar& bar = f.bars[i];
        u32 low = space.read(f.address, bar_offset(i));
        u32 mask = probe(space, f.address, bar_offset(i), low);
        if (mask == 0 || mask == 0xffff'ffff) continue;
        if ((low & kBarPorts) != 0) {
            bar = {Bar::Kind::kPorts, false, low & 0xffff'fffc, (~(mask & 0xfffc) & 0xffff) + u64{1}};
            continue;
        }
        u64 base = low & 0xffff'fff0;
        u64 wide_mask = 0xffff'ffff'0000'0000 | (mask & 0xffff'fff0);
        bool wide = (low & kBarTypeMask) == kBarType64 && i + 1 < count;
        if (wide) {
            u32 high = space.read(f.address, bar_offset(i + 1));
            base |= u64{high} << 32;
            wide_mask = (u64{probe(space, f.address, bar_offset(i + 1), high)} << 32) | (mask & 0xffff'fff0);
        }
        bar = {wide ? Bar::Kind::kMemory64 : Bar::Kind::kMemory32, (low & kBarPrefetch) != 0, base, ~wide_mask + 1};
        if (wide) i++;
    }
    write16(space, f.address, reg::kCommand, old_command);
}

}  // namespace

u16 read16(ConfigSpace& space, Address a, u16 offset) {
    return static_cast<u16>(space.read(a, offset & 0xfffc) >> ((offset & 2) * 8));
}
u8 read8(ConfigSpace& space, Address a, u16 offset) {
    return static_cast<u8>(space.read(a, offset & 0xfffc) >> ((offset & 3) * 8));
}
void write16(ConfigSpace& space, Address a, u16 offset, u16 value) {
    u16 at = offset & 0xfffc;
    u32 shift = (offset & 2) * 8u;
    // The status register, beside the command, is cleared by writing ones: write zeroes there.
    u32 old = at == reg::kCommand ? 0 : space.read(a, at) & ~(0xffffu << shift);
    space.write(a, at, old | (u32{value} << shift));
}

bool read_function(ConfigSpace& space, Address a, Function& f) {
    u32 id = space.read(a, reg::kVendor);
    if ((id & 0xffff) == 0xffff || (id & 0xffff) == 0) return false;
    f = Function{};
    f.address = a;
    f.vendor = static_cast<u16>(id);
    f.device = static_cast<u16>(id >> 16);
    u32 kind = space.read(a, reg::kClass);
    f.class_code = kind >> 8;
    f.revision = static_cast<u8>(kind);
    f.header_type = read8(space, a, reg::kHeaderType) & 0x7f;
    u32 interrupt = space.read(a, reg::kInterrupt);
    f.interrupt_line = static_cast<u8>(interrupt);
    f.interrupt_pin = static_cast<u8>(interrupt >> 8);
    if (f.header_type == 0) {
        u32 subsystem = space.read(a, reg::kSubsystem);
        f.subsystem_vendor = static_cast<u16>(subsystem);
        f.subsystem = static_cast<u16>(subsystem >> 16);
    }
    read_bars(space, f);
    return true;
}

void write_bar(ConfigSpace& space, const Function& f, usize index) {
    const Bar& bar = f.bars.at(index);
    space.write(f.address, bar_offset(index), static_cast<u32>(bar.base));
    if (bar.kind == Bar::Kind::kMemory64)
        space.write(f.address, bar_offset(index + 1), static_cast<u32>(bar.base >> 32));
}

u16 find_capability(ConfigSpace& space, const Function& f, u8 id) {
    constexpr u32 kHasList = 1u << 20;
    if ((space.read(f.address, reg::kCommand) & kHasList) == 0) return 0;
    u16 at = read8(space, f.address, reg::kCapabilities) & 0xfc;
    // 48 capabilities fill the space: a longer chain is a loop.
    for (int i = 0; at >= 0x40 && i < 48; i++) {
        u16 head = read16(space, f.address, at);
        if ((head & 0xff) == id) return at;
        at = (head >> 8) & 0xfc;
    }
    return 0;
}

}  // namespace device::pci
