// Name: one component of a path, 1 to 255 bytes, short ones kept in place; and its hash.
// Callers: dentries and file systems that keep directories in memory.
// Locks, context: values; create() allocates for long names.
#pragma once

#include <array>
#include <cstring>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/vector.h"

namespace fs {

// A component as the walk sees it: the text and its hash, computed while the path was cut up (path_parser.h).
struct NameKey {
    std::string_view text;
    u32 hash = 0;
};

class Name {
  public:
    static constexpr usize kInPlace = 40;
    static constexpr usize kMost = 255;

    Name() = default;
    static Result<Name> create(std::string_view text) {
        Name n;
        n.size_ = static_cast<u8>(text.size());
        if (text.size() <= kInPlace) {
            std::copy(text.begin(), text.end(), n.inline_.begin());
        } else {
            TRY(n.long_.try_reserve(text.size()));
            for (char c : text) n.long_.push_reserved(c);
        }
        return n;
    }
    std::string_view view() const { return {size_ <= kInPlace ? inline_.data() : long_.begin(), size_}; }
    usize size() const { return size_; }

  private:
    std::array<char, kInPlace> inline_{};
    Vector<char> long_;
    u8 size_ = 0;
};

}  // namespace fs
