// Port input and output: the instructions and nothing else. Drivers use device::Pio, which owns a range of ports.
// Callers: arch, and the trusted device layer that hands out port ranges.
// Locks, context: any.
#pragma once

#include "base/types.h"

namespace arch {

inline void out8(u16 port, u8 value) { asm volatile("outb %0, %1" : : "a"(value), "Nd"(port)); }
inline void out16(u16 port, u16 value) { asm volatile("outw %0, %1" : : "a"(value), "Nd"(port)); }
inline void out32(u16 port, u32 value) { asm volatile("outl %0, %1" : : "a"(value), "Nd"(port)); }

inline u8 in8(u16 port) {
    u8 value;
    asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}
inline u16 in16(u16 port) {
    u16 value;
    asm volatile("inw %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}
inline u32 in32(u16 port) {
    u32 value;
    asm volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

// A string of 16-bit words, as ATA's data port moves them.
inline void in16_string(u16 port, void* to, usize words) {
    asm volatile("rep insw" : "+D"(to), "+c"(words) : "d"(port) : "memory");
}
inline void out16_string(u16 port, const void* from, usize words) {
    asm volatile("rep outsw" : "+S"(from), "+c"(words) : "d"(port) : "memory");
}

// About a microsecond: a write to the POST port, as PC firmware does between slow devices' accesses.
inline void io_delay() { out8(0x80, 0); }

}  // namespace arch
