// NameKey: one component of a path with its hash. Name: one kept, 1 to 255 bytes, short ones in place.
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

// A component as the walk sees it: the text and its hash, made while the path was cut up (path_parser.h).
struct NameKey {
    std::string_view text;
    u32 hash = 0;
};

class Name {
  public:
    static constexpr usize kInPlace = 31;
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
    u8 size_ = 0;
    Vector<char> long_;
};

}  // namespace fs
