// The kernel command line: words `key` or `key=value` up to ` -- `, then words for process 1.
// Callers: main/ during start-up. Pure.
// Locks, context: none. Views point into the text, which must outlive them.
// Source: Linux, Documentation/admin-guide/kernel-parameters.rst (quotes group, `-` equals `_` in keys).
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "base/types.h"

namespace kernel_main {

struct CommandLineWord {
    std::string_view key;
    std::string_view value;
    bool has_value = false;
    std::string_view whole;  // as written, quotes included
};

class CommandLine {
  public:
    static constexpr usize kMaxWords = 128;

    explicit CommandLine(std::string_view text);
    std::span<const CommandLineWord> options() const { return std::span(options_).first(option_count_); }
    std::span<const std::string_view> init_arguments() const { return std::span(arguments_).first(argument_count_); }
    // True when there were more words than kMaxWords: the rest is ignored.
    bool cut() const { return cut_; }

  private:
    std::array<CommandLineWord, kMaxWords> options_{};
    std::array<std::string_view, kMaxWords> arguments_{};
    usize option_count_ = 0;
    usize argument_count_ = 0;
    bool cut_ = false;
};

// `-` and `_` are the same in a key.
bool same_key(std::string_view a, std::string_view b);

}  // namespace kernel_main
