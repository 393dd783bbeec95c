// The size of huge pages as mmap, memfd_create and shmget take it in their flags.
// Callers: linux/, ipc-facing calls.
// Locks, context: none; pure.
#pragma once

#include "base/types.h"

namespace linux_abi {

// Above bit 26 (MAP_HUGE_SHIFT, MFD_HUGE_SHIFT, SHM_HUGE_SHIFT): the logarithm of the page's size; 0: the usual one.
// The size if it is one of the processor's, of which only 2 MiB pages are in the pool; otherwise 0.
constexpr u64 huge_page_size(u32 flags) {
    const u32 bits = flags >> 26 & 0x3f;
    if (bits == 0 || bits == 21) return u64{1} << 21;
    return bits == 30 ? u64{1} << 30 : 0;
}

}  // namespace linux_abi
