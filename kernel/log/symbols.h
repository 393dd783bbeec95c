// Names for code addresses, from the table that tools/gen/symbols.py puts at the end of the image.
// Callers: log's backtraces, profilers, /proc/kallsyms.
// Locks, context: any; the table is constant.
#pragma once

#include <string_view>

#include "base/types.h"

namespace log {

struct Symbol {
    std::string_view name;  // empty: unknown
    u64 offset = 0;         // bytes into the function
};

// The function that holds `address` (slide included).
Symbol find_symbol(u64 address);

// The function at `index` in ascending order; `offset` is its address, slide included. No name: no more.
Symbol symbol_at(u64 index);

}  // namespace log
