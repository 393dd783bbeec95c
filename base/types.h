// Fixed-width integers and the address types.
// Callers: everyone, kernel, user and host.
// Locks, context: none; values only.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i8 = std::int8_t;
using i16 = std::int16_t;
using i32 = std::int32_t;
using i64 = std::int64_t;
using usize = std::size_t;
using isize = std::ptrdiff_t;
using uptr = std::uintptr_t;

inline constexpr usize kPageShift = 12;
inline constexpr usize kPageSize = usize{1} << kPageShift;

// An address of one of the three kinds. They never mix by accident: a physical address is turned into a virtual
// one by memory::direct_map() alone, and a user address is read by vm/user_memory.h alone.
template <typename Tag>
struct Address {
    u64 value = 0;

    constexpr Address() = default;
    constexpr explicit Address(u64 v) : value(v) {}

    constexpr auto operator<=>(const Address&) const = default;
    constexpr Address operator+(u64 bytes) const { return Address(value + bytes); }
    constexpr Address operator-(u64 bytes) const { return Address(value - bytes); }
    constexpr u64 operator-(Address other) const { return value - other.value; }
    constexpr Address& operator+=(u64 bytes) {
        value += bytes;
        return *this;
    }
    constexpr Address page_down() const { return Address(value & ~(kPageSize - 1)); }
    // Wraps to 0 above the last page; check before for untrusted values.
    constexpr Address page_up() const { return Address((value + kPageSize - 1) & ~(kPageSize - 1)); }
    constexpr bool page_aligned() const { return (value & (kPageSize - 1)) == 0; }
    constexpr u64 page_offset() const { return value & (kPageSize - 1); }
    constexpr u64 page_number() const { return value >> kPageShift; }
    constexpr bool is_null() const { return value == 0; }
};
using PhysAddr = Address<struct PhysTag>;
using VirtAddr = Address<struct VirtTag>;
using UserAddr = Address<struct UserTag>;

// One past the highest user address of a 47-bit address space, as Linux's TASK_SIZE_MAX
// (Documentation/x86/x86_64/mm.rst: a guard page below the canonical hole).
inline constexpr u64 kUserLimit = 0x0000'8000'0000'0000 - kPageSize;

template <typename T>
constexpr T align_up(T value, T alignment) {
    return (value + alignment - 1) & ~(alignment - 1);
}
template <typename T>
constexpr T align_down(T value, T alignment) {
    return value & ~(alignment - 1);
}
constexpr u64 pages_for(u64 bytes) { return (bytes + kPageSize - 1) >> kPageShift; }
