// PCI configuration space: addresses, headers, base address registers; the way to it as an interface. Pure.
// Callers: device/pci, platform/pc (implements ConfigSpace), drivers, host tests.
// Locks, context: ConfigSpace's implementation serialises itself; any context.
// Source: PCI Local Bus 3.0, chapter 6; PCI Code and ID Assignment 1.11.
#pragma once

#include <array>

#include "base/types.h"

namespace device::pci {

struct Address {
    u16 segment = 0;
    u8 bus = 0;
    u8 slot = 0;      // 0..31
    u8 function = 0;  // 0..7
    constexpr bool operator==(const Address&) const = default;
};

// Reading what is not there gives all ones.
class ConfigSpace {
  public:
    // `offset` is a multiple of 4 below 256 (ports) or 4096 (memory-mapped).
    virtual u32 read(Address a, u16 offset) = 0;
    virtual void write(Address a, u16 offset, u32 value) = 0;

  protected:
    ~ConfigSpace() = default;
};

u16 read16(ConfigSpace& space, Address a, u16 offset);
u8 read8(ConfigSpace& space, Address a, u16 offset);
void write16(ConfigSpace& space, Address a, u16 offset, u16 value);

namespace reg {
inline constexpr u16 kVendor = 0x00, kCommand = 0x04, kClass = 0x08, kHeaderType = 0x0e, kBar0 = 0x10,
                     kBridgeBuses = 0x18, kSubsystem = 0x2c, kCapabilities = 0x34, kInterrupt = 0x3c;
}
namespace command {
inline constexpr u16 kPorts = 1, kMemory = 2, kMaster = 4, kNoIntx = 1 << 10;
}

struct Bar {
    enum class Kind : u8 { kNone, kPorts, kMemory32, kMemory64 };
    Kind kind = Kind::kNone;
    bool prefetchable = false;
    u64 base = 0;  // 0: not assigned
    u64 size = 0;
    bool memory() const { return kind == Kind::kMemory32 || kind == Kind::kMemory64; }
};

struct Function {
    Address address;
    u16 vendor = 0, device = 0;
    u16 subsystem_vendor = 0, subsystem = 0;
    u32 class_code = 0;  // class, subclass, interface in 24 bits
    u8 revision = 0;
    u8 header_type = 0;  // 0 device, 1 bridge
    u8 interrupt_line = 0, interrupt_pin = 0;
    std::array<Bar, 6> bars{};

    u8 base_class() const { return static_cast<u8>(class_code >> 16); }
    bool bridge() const { return header_type == 1; }
};

// False: nothing answers there. Sizes the base address registers, during which the device's decoding is off.
bool read_function(ConfigSpace& space, Address a, Function& out);
// Writes `bar.base` of register `index` (and the next one for 64 bits).
void write_bar(ConfigSpace& space, const Function& f, usize index);
// Offset of the first capability `id`, or 0.
u16 find_capability(ConfigSpace& space, const Function& f, u8 id);

}  // namespace device::pci
