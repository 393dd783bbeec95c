#include "process/file_capabilities.h"

#include <array>

namespace process {
namespace {

constexpr u32 kRevisionMask = 0xff000000, kEffective = 1;
struct Layout {
    u32 revision;
    usize size;
    usize words;  // of 32 capabilities each
};
constexpr std::array<Layout, 3> kLayouts = {{{0x01000000, 12, 1}, {0x02000000, 20, 2}, {0x03000000, 24, 2}}};

// Little-endian, as everywhere in file systems.
u32 word_at(std::span<const u8> bytes, usize index) {
    u32 value = 0;
    for (usize i = 4; i-- > 0;) value = value << 8 | bytes[index * 4 + i];
    return value;
}

}  // namespace

Result<FileCapabilities> decode_capabilities(std::span<const u8> bytes) {
    if (bytes.size() < 4) return Errno::kINVAL;
    const u32 magic = word_at(bytes, 0);
    for (const Layout& l : kLayouts) {
        if ((magic & kRevisionMask) != l.revision) continue;
        if (bytes.size() != l.size) return Errno::kINVAL;
        FileCapabilities c;
        c.effective = (magic & kEffective) != 0;
        c.revision = l.revision >> 24;
        for (usize i = 0; i < l.words; i++) {
            c.permitted.bits |= u64{word_at(bytes, 1 + 2 * i)} << (32 * i);
            c.inheritable.bits |= u64{word_at(bytes, 2 + 2 * i)} << (32 * i);
        }
        c.permitted = c.permitted & object::CapabilitySet::all();
        c.inheritable = c.inheritable & object::CapabilitySet::all();
        if (c.revision == 3) c.root = word_at(bytes, 5);
        return c;
    }
    return Errno::kINVAL;
}

bool settable_capabilities(std::span<const u8> bytes) {
    const Result<FileCapabilities> c = decode_capabilities(bytes);
    return c.ok() && c.value().revision >= 2;
}

}  // namespace process
