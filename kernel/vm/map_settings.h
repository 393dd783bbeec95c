// What bounds mappings and can be set in /proc/sys.
// Callers: vm; main/proc for the files.
// Locks, context: atomic; a change holds for what is mapped, or for programs that start, from then on.
#pragma once

#include <atomic>

#include "base/types.h"

namespace vm {

struct MapSettings {
    std::atomic<u64> most_mappings{65530};  // vm.max_map_count: of one space
    std::atomic<u64> least_address{65536};  // vm.mmap_min_addr: bytes
    // kernel.randomize_va_space: 0 nothing, 1 all but the heap's start, 2 all.
    std::atomic<u64> randomised{2};
};
extern MapSettings map_settings;

}  // namespace vm
