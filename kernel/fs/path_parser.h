// Cutting a path into components, eight bytes at a time, with each component's hash made on the way.
// Callers: walk. Pure.
// Locks, context: none; values only.
#pragma once

#include <bit>
#include <cstring>
#include <string_view>

#include "base/types.h"
#include "fs/name.h"

namespace fs {

namespace detail {
// Up to 8 bytes from `offset`; bytes beyond the end read as 0.
inline u64 load_word(std::string_view text, usize offset) {
    const usize left = text.size() - offset;
    u64 w = 0;
    if (left >= 8) [[likely]] {
        std::memcpy(&w, text.substr(offset).data(), 8);
        return w;
    }
    for (usize i = 0; i < left; i++) w |= u64{static_cast<u8>(text[offset + i])} << (8 * i);
    return w;
}
// The high bit of every byte that equals `c` (exact for the lowest such byte, which is all that is used).
constexpr u64 bytes_equal(u64 w, u8 c) {
    constexpr u64 kOnes = 0x0101'0101'0101'0101, kHighs = 0x8080'8080'8080'8080;
    const u64 x = w ^ (kOnes * c);
    return (x - kOnes) & ~x & kHighs;
}
constexpr u64 mix(u64 h, u64 w) { return std::rotl((h ^ w) * 0x9e37'79b9'7f4a'7c15, 23); }
constexpr u32 fold(u64 h) { return static_cast<u32>(h ^ (h >> 32)); }
}  // namespace detail

// The component that `path` starts with (it does not start with '/'), up to the next '/' or the end.
inline NameKey first_component(std::string_view path) {
    u64 hash = 0;
    usize at = 0;
    while (at < path.size()) {
        const u64 w = detail::load_word(path, at);
        const u64 slashes = detail::bytes_equal(w, '/');
        const usize left = path.size() - at;
        const usize here = slashes != 0 ? static_cast<usize>(std::countr_zero(slashes)) / 8 : (left < 8 ? left : 8);
        if (here < 8) {
            if (here != 0) hash = detail::mix(hash, w & ((u64{1} << (8 * here)) - 1));
            at += here;
            break;
        }
        hash = detail::mix(hash, w);
        at += 8;
    }
    return {path.substr(0, at), detail::fold(hash)};
}
// The key of a whole name (which holds no '/').
inline NameKey name_key(std::string_view name) { return first_component(name); }

// Takes the slashes off the front; the number taken.
inline usize skip_slashes(std::string_view& path) {
    usize n = 0;
    while (n < path.size() && path[n] == '/') n++;
    path.remove_prefix(n);
    return n;
}

enum class Special : u8 { kNone, kDot, kDotDot };
inline Special special_name(std::string_view name) {
    if (name.front() != '.' || name.size() > 2) return Special::kNone;
    if (name.size() == 1) return Special::kDot;
    return name[1] == '.' ? Special::kDotDot : Special::kNone;
}

}  // namespace fs
