// Bounds-checked views of physical memory for the boot parsers; on the host, of a test's buffer.
// Callers: boot parsers.
// Locks, context: before any allocation; memory is mapped one to one.
#pragma once

#include <cstring>
#include <optional>
#include <span>
#include <string_view>

#include "base/types.h"

namespace arch {

// Physical addresses [base, base + bytes.size()).
class PhysMemory {
  public:
    PhysMemory(u64 base, const u8* bytes, u64 size) : base_(base), bytes_(bytes), size_(size) {}

    // The `size` bytes at `address`; empty if any of them lies outside.
    std::optional<std::span<const u8>> at(u64 address, u64 size) const {
        if (address < base_ || address - base_ > size_ || size > size_ - (address - base_)) return {};
        return std::span(bytes_ + (address - base_), size);
    }
    template <typename T>
    std::optional<T> read(u64 address) const {
        const auto bytes = at(address, sizeof(T));
        if (!bytes) return {};
        T value;
        std::memcpy(&value, bytes->data(), sizeof(T));
        return value;
    }
    // The text at `address` up to a NUL, the end of memory or `max` bytes.
    std::string_view text(u64 address, usize max) const {
        if (address < base_ || address - base_ >= size_) return {};
        const u64 offset = address - base_;
        const u64 limit = size_ - offset < max ? size_ - offset : max;
        u64 length = 0;
        while (length < limit && bytes_[offset + length] != 0) ++length;
        return {reinterpret_cast<const char*>(bytes_ + offset), length};  // char may alias bytes
    }

  private:
    u64 base_;
    const u8* bytes_;
    u64 size_;
};

}  // namespace arch
