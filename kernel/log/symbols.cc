#include "log/symbols.h"

#include <span>

#include "arch/image.h"
#include "base/bytes.h"
#include "log/symbol_table.h"

namespace log {
namespace {

std::span<const u8> table() {
    const usize size = arch::address_of(ksymbols_end) - arch::address_of(ksymbols_start);
    return base::bytes_of(std::string_view(ksymbols_start, size));
}

}  // namespace

Symbol find_symbol(u64 address) {
    const u64 base = arch::address_of(image_start) - arch::image_slide();  // where the image is linked
    const u64 linked = address - arch::image_slide();
    if (linked < base || address >= arch::address_of(text_end)) return {};
    return find_in_table(table(), static_cast<u32>(linked - base));
}

Symbol symbol_at(u64 index) {
    Symbol symbol = symbol_in_table(table(), index);
    symbol.offset += arch::address_of(image_start);
    return symbol;
}

}  // namespace log
