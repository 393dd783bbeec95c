// Protection keys of user pages (SDM volume 3, 4.6.2): each page has one of 16 keys, PKRU says what the running thread may
// do with each. PKRU lies outside of the XSAVE state (it would more than double its size): switch_to carries it, and so
// does the signal frame.
// Callers: arch; vm for faults; process for exec and signals; the system calls.
// Locks, context: the running thread's register; only with features().protection_keys.
#pragma once

#include "base/types.h"

namespace arch {

inline constexpr unsigned kProtectionKeys = 16;
// Of a fresh program and a signal handler: only key 0 gives access (Linux: init_pkru_value).
inline constexpr u32 kPkruInitial = 0x5555'5554;

// Bits of a key in PKRU. Values as Linux's PKEY_DISABLE_*.
enum class KeyDenial : u8 { kNone = 0, kAccess = 1, kWrite = 2 };

inline u32 read_pkru() {
    u32 value, high;
    asm volatile("rdpkru" : "=a"(value), "=d"(high) : "c"(0));
    return value;
}
inline void write_pkru(u32 value) { asm volatile("wrpkru" : : "a"(value), "c"(0), "d"(0) : "memory"); }

// PKRU with the rights of one key replaced; `denied` are KeyDenial's bits.
constexpr u32 with_key_denied(u32 pkru, unsigned key, u32 denied) {
    return (pkru & ~(3u << (2 * key))) | (denied << (2 * key));
}
constexpr bool key_allows(u32 pkru, unsigned key, bool write) {
    const u32 denied = pkru >> (2 * key) & 3;
    return (denied & static_cast<u32>(KeyDenial::kAccess)) == 0 &&
           !(write && (denied & static_cast<u32>(KeyDenial::kWrite)) != 0);
}

}  // namespace arch
