// Pio: a range of I/O ports. Typed, bounds-checked access for drivers.
// Callers: drivers/, platform/.
// Locks, context: any; the device's owner serialises.
#pragma once

#include "arch/pio.h"
#include "base/assert.h"
#include "base/types.h"

namespace device {

class Pio {
  public:
    constexpr Pio() = default;
    constexpr Pio(u16 first, u16 count) : first_(first), count_(count) {}

    constexpr u16 first() const { return first_; }
    u8 read8(u16 at) const { return arch::in8(port(at, 1)); }
    u16 read16(u16 at) const { return arch::in16(port(at, 2)); }
    u32 read32(u16 at) const { return arch::in32(port(at, 4)); }
    void write8(u16 at, u8 value) const { arch::out8(port(at, 1), value); }
    void write16(u16 at, u16 value) const { arch::out16(port(at, 2), value); }
    void write32(u16 at, u32 value) const { arch::out32(port(at, 4), value); }

  private:
    u16 port(u16 at, u16 size) const {
        DEBUG_ASSERT(at + size <= count_);
        return static_cast<u16>(first_ + at);
    }
    u16 first_ = 0;
    u16 count_ = 0;
};

}  // namespace device
