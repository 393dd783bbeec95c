// The kernel image's layout as the linker script sets it.
// Callers: memory (mapping the image with its rights), log (symbols), main.
// Locks, context: constants of the link; addresses include the KASLR slide.
#pragma once

#include <span>

#include "base/types.h"

#pragma GCC visibility push(hidden)  // script symbols: reached relative to rip
extern "C" {
extern const char image_start[], image_end[];    // page aligned, all of it
extern const char text_start[], text_end[];      // read, execute
extern const char rodata_start[], rodata_end[];  // read
extern char data_start[], data_end[];            // read, write; data, then bss
extern char bss_start[], bss_end[];
extern u8 coverage_start[], coverage_end[];          // CONFIG_COVERAGE: the compiler's counters of edges
extern const char ksymbols_start[], ksymbols_end[];  // read; the symbol table, last
extern const void* const ktap_start[];               // pointers to in-guest tests (log/ktap.h)
extern const void* const ktap_end[];
}
#pragma GCC visibility pop

namespace arch {

inline constexpr u64 kImageLinkBase = 0xffff'ffff'8000'0000;
inline constexpr u64 kImagePhys = 0x100'0000;  // above what UEFI firmware keeps at 8 MiB, as Linux does
inline constexpr u64 kMaxImageSlide = 1ull << 30;

inline u64 address_of(const char* symbol) { return reinterpret_cast<u64>(symbol); }
inline u64 image_slide() { return address_of(image_start) - kImageLinkBase; }
inline PhysAddr image_phys(const void* in_image) {
    return PhysAddr(reinterpret_cast<u64>(in_image) - address_of(image_start) + kImagePhys);
}

inline std::span<const void* const> ktap_table() {
    // Two labels of one section: the linker script puts them round it.
    return {ktap_start, static_cast<usize>(ktap_end - ktap_start)};
}

// How often each edge was taken, modulo 256; empty without CONFIG_COVERAGE. Every CPU adds without a lock.
inline std::span<u8> coverage_counters() { return {coverage_start, static_cast<usize>(coverage_end - coverage_start)}; }

}  // namespace arch
