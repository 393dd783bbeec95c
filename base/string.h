// String (heap, growth can fail) and FixedString<N> (in place): bytes with a length; c_str() adds the NUL.
// Callers: everyone.
// Context: String growth allocates; not under a spin lock.
#pragma once

#include <string_view>

#include "base/vector.h"

class String {
  public:
    constexpr String() = default;
    static Result<String> create(std::string_view text) {
        String s;
        TRY(s.try_append(text));
        return s;
    }
    std::string_view view() const {
        return bytes_.empty() ? std::string_view() : std::string_view(bytes_.begin(), bytes_.size() - 1);
    }
    const char* c_str() const { return bytes_.empty() ? "" : bytes_.begin(); }
    usize size() const { return view().size(); }
    bool empty() const { return size() == 0; }
    Result<void> try_append(std::string_view text) {
        TRY(bytes_.try_reserve(size() + text.size() + 1));
        if (!bytes_.empty()) bytes_.pop();
        for (char c : text) bytes_.push_reserved(c);
        bytes_.push_reserved('\0');
        return {};
    }
    void clear() { bytes_.clear(); }
    bool operator==(std::string_view o) const { return view() == o; }

  private:
    Vector<char> bytes_;  // empty, or the text and its NUL
};

// At most N bytes; appending cuts what does not fit and remembers it.
template <usize N>
class FixedString {
  public:
    constexpr FixedString() = default;
    constexpr explicit FixedString(std::string_view text) { append(text); }
    constexpr void assign(std::string_view text) {
        clear();
        append(text);
    }
    constexpr void append(std::string_view text) {
        for (char c : text) push(c);
    }
    constexpr void push(char c) {
        if (size_ == N) {
            cut_ = true;
            return;
        }
        data_[size_++] = c;
        data_[size_] = '\0';
    }
    constexpr void clear() {
        size_ = 0;
        cut_ = false;
        data_[0] = '\0';
    }
    constexpr std::string_view view() const { return {data_, size_}; }
    constexpr const char* c_str() const { return data_; }
    constexpr usize size() const { return size_; }
    constexpr bool cut() const { return cut_; }
    constexpr bool operator==(std::string_view o) const { return view() == o; }
    // As a sink of format_to().
    constexpr void write(std::string_view text) { append(text); }

  private:
    char data_[N + 1] = {};
    usize size_ = 0;
    bool cut_ = false;
};
