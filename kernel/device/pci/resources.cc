#include "device/pci/resources.h"

namespace device::pci {

bool RangeAllocator::reserve(u64 base, u64 size) {
    if (size == 0) return true;
    if (count_ == kMaxRanges) {
        full_ = true;
        return false;
    }
    taken_[count_++] = {base, base + size};
    return true;
}

std::optional<u64> RangeAllocator::allocate(u64 size) {
    if (full_ || size == 0) return std::nullopt;
    u64 base = align_up(next_, size);
    for (bool moved = true; moved;) {
        moved = false;
        for (usize i = 0; i < count_; i++) {
            const Range& r = taken_[i];
            if (base < r.end && r.base < base + size) {
                base = align_up(r.end, size);
                moved = true;
            }
        }
    }
    if (base < next_ || base + size > end_ || base + size < base) return std::nullopt;
    if (!reserve(base, size)) return std::nullopt;
    return base;
}

}  // namespace device::pci
