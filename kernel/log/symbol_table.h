// Decoding of the symbol table of tools/gen/symbols.py. Pure, tested on the host.
// Callers: log/symbols.cc.
// Locks, context: none.
#pragma once

#include <span>

#include "base/bytes.h"
#include "log/symbols.h"

namespace log {

// Layout, little endian: u64 count; count pairs {u32 offset from the link base, u32 offset of the name}, ascending;
// then the names, NUL-terminated. A damaged table gives no name, never a bad read.
//
// The entry at `index`, from 0 in ascending order of addresses: `offset` is that from the link base. No name: no more.
inline Symbol symbol_in_table(std::span<const u8> table, u64 index) {
    const Result<u64> count = base::read_at<u64>(table, 0);
    if (!count.ok() || index >= *count) return {};
    const Result<u32> address = base::read_at<u32>(table, 8 + index * 8);
    const Result<u32> name = base::read_at<u32>(table, 8 + index * 8 + 4);
    const u64 names = 8 + *count * 8;
    if (!address.ok() || !name.ok() || names + *name >= table.size()) return {};
    const std::string_view rest = base::text_of(table.subspan(names + *name));
    return {rest.substr(0, rest.find('\0')), *address};
}

// The function that holds `offset`, counted from the link base.
inline Symbol find_in_table(std::span<const u8> table, u32 offset) {
    struct Entry {
        u32 address, name;
    };
    Result<u64> count = base::read_at<u64>(table, 0);
    if (!count.ok() || *count == 0 || *count > table.size() / sizeof(Entry)) return {};
    u64 low = 0, high = *count;  // the last entry that is not above `offset`
    while (high - low > 1) {
        const u64 middle = (low + high) / 2;
        Result<Entry> e = base::read_at<Entry>(table, 8 + middle * sizeof(Entry));
        if (!e.ok()) return {};
        (e->address <= offset ? low : high) = middle;
    }
    Symbol found = symbol_in_table(table, low);
    if (found.name.empty() || found.offset > offset) return {};
    found.offset = offset - found.offset;
    return found;
}

}  // namespace log
