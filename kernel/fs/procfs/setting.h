// Setting: a number in /proc/sys that bounds or switches something.
// Callers: fs and the floors above, at start-up (add_setting) and where the number counts.
// Locks, context: atomic.
#pragma once

#include <atomic>
#include <optional>

#include "fs/procfs/procfs.h"

namespace fs::procfs {

struct Setting {
    std::atomic<u64> value;
    u64 least, most;
    u64 get() const { return value.load(std::memory_order_relaxed); }
};

// Digits with blanks around them; nothing for anything else.
inline std::optional<u64> parse_setting(std::string_view text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ' || text.back() == '\0')) text.remove_suffix(1);
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    u64 n = 0;
    if (text.empty()) return std::nullopt;
    for (char c : text) {
        if (c < '0' || c > '9' || __builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, c - '0', &n))
            return std::nullopt;
    }
    return n;
}

// The file `path` below /proc for the setting S. ENOMEM.
template <Setting& S>
Result<void> add_setting(std::string_view path) {
    return add_file(
        path,
        [](const Caller&, SeqSink& s) -> Result<void> {
            base::format_to(s, "{}\n", S.get());
            return {};
        },
        0644,
        [](const Caller&, std::string_view text) -> Result<void> {
            const std::optional<u64> n = parse_setting(text);
            if (!n || *n < S.least || *n > S.most) return Errno::kINVAL;
            S.value.store(*n, std::memory_order_relaxed);
            return {};
        });
}

}  // namespace fs::procfs
