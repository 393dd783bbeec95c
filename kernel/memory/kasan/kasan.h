// KASAN: a shadow byte for every eight bytes of kernel memory says which may be touched.
// Callers: memory (allocators tell what is valid); the compiler's checks call the runtime in kasan.cc.
// Locks, context: any.
#pragma once

#include "base/types.h"
#ifndef LINNET_HOST
#include "generated/config.h"
#endif

#define NO_KASAN __attribute__((no_sanitize("kernel-address")))

namespace memory::kasan {

// Shadow values, as the compiler's runtime knows them.
inline constexpr u8 kFreedPage = 0xff, kRedZone = 0xfc, kFreedObject = 0xfb;

#if CONFIG_KASAN && !defined(LINNET_HOST)
inline constexpr bool kEnabled = true;
// The range is wholly valid (its last, partial group of eight too), or not to be touched, for the reason `value`.
void unpoison(const void* p, usize size);
void poison(const void* p, usize size, u8 value);
// Gives [start, end) of kernel addresses shadow of its own; until then it shares a page that allows all.
// `allocate` gives cleared pages, `table_at` their address. False without memory.
bool map_shadow(u64 start, u64 end, PhysAddr root, PhysAddr (*allocate)(), void* (*table_at)(PhysAddr));
// Everything that has no shadow of its own may be touched: fills the shadow's part of `root`.
void map_shadow_zero(PhysAddr root, PhysAddr (*allocate)(), void* (*table_at)(PhysAddr));
// The tables are loaded: checks begin.
void enable();
// Whether a checked access would pass: for tests.
bool accessible(const void* p, usize size);
#else
inline constexpr bool kEnabled = false;
inline void unpoison(const void*, usize) {}
inline void poison(const void*, usize, u8) {}
inline bool map_shadow(u64, u64, PhysAddr, PhysAddr (*)(), void* (*)(PhysAddr)) { return true; }
inline void map_shadow_zero(PhysAddr, PhysAddr (*)(), void* (*)(PhysAddr)) {}
inline void enable() {}
#endif

}  // namespace memory::kasan
