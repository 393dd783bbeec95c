#include "main/command_line.h"

namespace kernel_main {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Takes the next word off `text`; a space inside double quotes does not end it.
std::string_view next_word(std::string_view& text) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    bool quoted = false;
    usize n = 0;
    while (n < text.size() && (quoted || !is_space(text[n]))) {
        if (text[n] == '"') quoted = !quoted;
        n++;
    }
    std::string_view word = text.substr(0, n);
    text.remove_prefix(n);
    return word;
}

// `"text"` and text" lose their quotes, as on Linux; quotes in the middle stay.
std::string_view unquote(std::string_view s) {
    if (s.starts_with('"')) s.remove_prefix(1);
    if (s.ends_with('"')) s.remove_suffix(1);
    return s;
}

CommandLineWord parse(std::string_view word) {
    CommandLineWord w{.whole = word};
    std::string_view inner = word.starts_with('"') ? unquote(word) : word;
    usize equals = inner.find('=');
    w.key = inner.substr(0, equals);
    if (equals != std::string_view::npos) {
        w.has_value = true;
        w.value = unquote(inner.substr(equals + 1));
    }
    return w;
}

}  // namespace

CommandLine::CommandLine(std::string_view text) {
    bool for_init = false;
    for (std::string_view word = next_word(text); !word.empty(); word = next_word(text)) {
        if (!for_init && word == "--") {
            for_init = true;
        } else if ((for_init ? argument_count_ : option_count_) == kMaxWords) {
            cut_ = true;
        } else if (for_init) {
            arguments_[argument_count_++] = unquote(word);
        } else {
            options_[option_count_++] = parse(word);
        }
    }
}

bool same_key(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    for (usize i = 0; i < a.size(); i++) {
        char x = a[i] == '-' ? '_' : a[i];
        char y = b[i] == '-' ? '_' : b[i];
        if (x != y) return false;
    }
    return true;
}

}  // namespace kernel_main
