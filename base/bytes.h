// Reading and writing structures inside byte spans, bounds-checked: the only casts that checked code needs.
// Callers: everyone (ELF, cpio, ACPI tables, packets).
// Locks, context: none.
#pragma once

#include <array>
#include <bit>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

#include "base/result.h"

namespace base {
// A copy of the T at byte `offset`, or EINVAL when it does not lie inside `bytes`.
template <typename T>
    requires std::is_trivially_copyable_v<T>
Result<T> read_at(std::span<const u8> bytes, u64 offset) {
    if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return Errno::kINVAL;
    T t;
    std::memcpy(&t, bytes.data() + offset, sizeof(T));
    return t;
}
template <typename T>
    requires std::is_trivially_copyable_v<T>
Result<void> write_at(std::span<u8> bytes, u64 offset, const T& t) {
    if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return Errno::kINVAL;
    std::memcpy(bytes.data() + offset, &t, sizeof(T));
    return {};
}
// `length` bytes from `offset`, or EINVAL.
inline Result<std::span<const u8>> slice(std::span<const u8> bytes, u64 offset, u64 length) {
    if (offset > bytes.size() || bytes.size() - offset < length) return Errno::kINVAL;
    return bytes.subspan(offset, length);
}
// The object's own bytes: not for views, whose bytes are a pointer and a length.
template <typename T>
inline constexpr bool kIsView = false;
template <typename T, usize N>
inline constexpr bool kIsView<std::span<T, N>> = true;
template <typename T>
inline constexpr bool kIsView<std::basic_string_view<T>> = true;
template <typename T>
concept PlainObject = std::is_trivially_copyable_v<T> && !std::is_pointer_v<T> && !kIsView<T>;
template <PlainObject T>
std::span<const u8> bytes_of(const T& t) {
    return {reinterpret_cast<const u8*>(&t), sizeof(T)};
}
template <PlainObject T>
std::span<u8> writable_bytes_of(T& t) {
    return {reinterpret_cast<u8*>(&t), sizeof(T)};
}
inline std::span<const u8> bytes_of(std::string_view s) { return {reinterpret_cast<const u8*>(s.data()), s.size()}; }
inline std::span<const u8> bytes_of(std::span<const char> s) {
    return {reinterpret_cast<const u8*>(s.data()), s.size()};
}
inline std::string_view text_of(std::span<const u8> b) { return {reinterpret_cast<const char*>(b.data()), b.size()}; }
// Copies as much as fits; returns the count.
inline usize copy(std::span<u8> to, std::span<const u8> from) {
    usize n = to.size() < from.size() ? to.size() : from.size();
    if (n > 0) std::memmove(to.data(), from.data(), n);
    return n;
}
inline void fill(std::span<u8> to, u8 value) {
    if (!to.empty()) std::memset(to.data(), value, to.size());
}
}  // namespace base
