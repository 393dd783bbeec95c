// Clearing and copying whole pages through the direct map.
// Callers: memory and vm.
// Locks, context: any.
#pragma once

#include "base/types.h"

namespace memory {

#ifdef LINNET_HOST
inline void clear_page(void* p) { __builtin_memset(p, 0, kPageSize); }
inline void copy_page(void* to, const void* from) { __builtin_memcpy(to, from, kPageSize); }
#else
// String instructions of eight bytes: the fewest instructions without vector registers, and fast in microcode.
inline void clear_page(void* p) {
    usize n = kPageSize / 8;
    asm volatile("rep stosq" : "+D"(p), "+c"(n) : "a"(0) : "memory");
}
inline void copy_page(void* to, const void* from) {
    usize n = kPageSize / 8;
    asm volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
}
#endif

}  // namespace memory
