// Places for base address registers that the firmware left empty (qboot does). Pure.
// Callers: device/pci, host tests.
// Locks, context: none.
#pragma once

#include <array>
#include <optional>

#include "base/types.h"

namespace device::pci {

// Gives out aligned ranges of one window, around what is taken already.
class RangeAllocator {
  public:
    constexpr RangeAllocator(u64 first, u64 end) : next_(first), end_(end) {}
    // Marks [base, base + size) as taken. False: the list is full (then allocation fails rather than overlaps).
    bool reserve(u64 base, u64 size);
    // `size` is a power of two and the alignment. Nothing when the window is full.
    std::optional<u64> allocate(u64 size);

  private:
    struct Range {
        u64 base = 0, end = 0;
    };
    static constexpr usize kMaxRanges = 128;
    std::array<Range, kMaxRanges> taken_{};
    usize count_ = 0;
    bool full_ = false;
    u64 next_, end_;
};

}  // namespace device::pci
