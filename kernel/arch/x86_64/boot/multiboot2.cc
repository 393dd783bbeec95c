// Multiboot2: the boot information's tags into BootInfo.
// Callers: boot/relocate.cc; tests.
// Locks, context: before relocation; pure.
#include "arch/boot/parsers.h"

namespace arch {
namespace {

struct Tag {
    u32 type;
    u32 size;
};
struct ModuleTag {
    Tag tag;
    u32 begin;
    u32 end;
};
struct MapTag {
    Tag tag;
    u32 entry_size;
    u32 entry_version;
};
struct MapEntry {
    u64 base;
    u64 size;
    u32 type;
    u32 reserved;
};
struct [[gnu::packed]] FramebufferTag {
    Tag tag;
    u64 address;
    u32 pitch;
    u32 width;
    u32 height;
    u8 bpp;
    u8 type;
    u16 reserved;
    u8 red_shift, red_bits, green_shift, green_bits, blue_shift, blue_bits;
};

enum TagType : u32 {
    kEnd = 0,
    kCommandLine = 1,
    kModule = 3,
    kMap = 6,
    kFramebuffer = 8,
    kEfi64 = 12,
    kOldRsdp = 14,
    kNewRsdp = 15
};
constexpr u32 kMaxInfo = 16 << 20;
constexpr u8 kDirectColour = 1;

void read_map(const PhysMemory& memory, u64 at, const Tag& tag, BootInfo& info) {
    const auto map = memory.read<MapTag>(at);
    if (!map || map->entry_size < sizeof(MapEntry)) return;
    for (u64 offset = sizeof(MapTag); offset + map->entry_size <= tag.size; offset += map->entry_size) {
        const auto entry = memory.read<MapEntry>(at + offset);
        if (!entry) return;
        add_range(info, entry->base, entry->size, entry->type);
    }
}

void read_framebuffer(const PhysMemory& memory, u64 at, const Tag& tag, BootInfo& info) {
    if (tag.size < sizeof(FramebufferTag)) return;
    const auto fb = memory.read<FramebufferTag>(at);
    if (!fb || fb->type != kDirectColour) return;
    info.framebuffer = {.phys = fb->address,
                        .width = fb->width,
                        .height = fb->height,
                        .pitch = fb->pitch,
                        .bpp = fb->bpp,
                        .red_shift = fb->red_shift,
                        .red_bits = fb->red_bits,
                        .green_shift = fb->green_shift,
                        .green_bits = fb->green_bits,
                        .blue_shift = fb->blue_shift,
                        .blue_bits = fb->blue_bits};
}

void read_rsdp(const PhysMemory& memory, u64 at, const Tag& tag, BootInfo& info) {
    const u64 size = tag.size - sizeof(Tag);
    const auto bytes = memory.at(at + sizeof(Tag), size);
    if (!bytes || size > BootInfo::kMaxRsdp || size < info.rsdp_copy_size) return;  // the newer one is larger
    std::memcpy(info.rsdp_copy, bytes->data(), size);
    info.rsdp_copy_size = size;
}

void read_tag(const PhysMemory& memory, u64 at, const Tag& tag, BootInfo& info) {
    if (tag.type == kCommandLine) {
        set_command_line(info, memory.text(at + sizeof(Tag), tag.size - sizeof(Tag)));
    } else if (tag.type == kModule && info.initrd_size == 0) {
        const auto module = memory.read<ModuleTag>(at);
        if (!module || module->end <= module->begin) return;
        info.initrd = module->begin;
        info.initrd_size = module->end - module->begin;
    } else if (tag.type == kMap) {
        read_map(memory, at, tag, info);
    } else if (tag.type == kFramebuffer) {
        read_framebuffer(memory, at, tag, info);
    } else if (tag.type == kEfi64) {
        info.efi_system_table = memory.read<u64>(at + sizeof(Tag)).value_or(0);
    } else if (tag.type == kOldRsdp || tag.type == kNewRsdp) {
        read_rsdp(memory, at, tag, info);
    }
}

}  // namespace

bool parse_multiboot2(const PhysMemory& memory, u64 start, BootInfo& info) {
    const auto total = memory.read<u32>(start);
    if (!total || *total < 16 || *total > kMaxInfo || (start & 7) != 0) return false;
    info.protocol = BootProtocol::kMultiboot2;
    for (u64 offset = 8; offset + sizeof(Tag) <= *total;) {
        const auto tag = memory.read<Tag>(start + offset);
        if (!tag || tag->size < sizeof(Tag) || tag->size > *total - offset || tag->type == kEnd) break;
        read_tag(memory, start + offset, *tag, info);
        offset += align_up<u64>(tag->size, 8);
    }
    sanitise_memory_map(info);
    return true;
}

}  // namespace arch
