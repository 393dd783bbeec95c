// What mmap(2) and madvise(2) have said of a mapping. A value, which host tests can have.
// Callers: vm and who maps.
// Locks, context: none.
#pragma once

#include "base/types.h"

namespace vm {

enum class MapFlags : u32 {
    kNone = 0,
    kShared = 1 << 0,     // writes reach the object
    kFixed = 1 << 1,      // at the hint, replacing what is there
    kNoReplace = 1 << 2,  // at the hint or EEXIST
    kGrowsDown = 1 << 3,  // a stack: grows to a fault below, up to its limit
    kPopulate = 1 << 4,   // pages at once
    kNoReserve = 1 << 5,
    kLocked = 1 << 6,
    k32Bit = 1 << 7,  // below 2 GiB
    kDontFork = 1 << 8,
    kWipeOnFork = 1 << 9,
    kDontDump = 1 << 10,
    kSequential = 1 << 11,
    kRandom = 1 << 12,
    kMergeable = 1 << 13,
    kHugePage = 1 << 14,
    kNoHugePage = 1 << 15,
    kDevice = 1 << 16,  // pages without frames
    kWriteCombining = 1 << 17,
    kAccounted = 1 << 18,
    kHugeTlb = 1 << 19,  // pages of the pool (huge_object.h)
    // What a mapping remembers; the others only steer map().
    kKept = kShared | kGrowsDown | kNoReserve | kLocked | kDontFork | kWipeOnFork | kDontDump | kSequential | kRandom |
            kMergeable | kHugePage | kNoHugePage | kDevice | kWriteCombining | kAccounted | kHugeTlb,
};
constexpr MapFlags operator|(MapFlags a, MapFlags b) {
    return static_cast<MapFlags>(static_cast<u32>(a) | static_cast<u32>(b));
}
constexpr MapFlags operator&(MapFlags a, MapFlags b) {
    return static_cast<MapFlags>(static_cast<u32>(a) & static_cast<u32>(b));
}
constexpr MapFlags operator~(MapFlags a) { return static_cast<MapFlags>(~static_cast<u32>(a)); }
constexpr bool has(MapFlags a, MapFlags b) { return (static_cast<u32>(a) & static_cast<u32>(b)) != 0; }

}  // namespace vm
