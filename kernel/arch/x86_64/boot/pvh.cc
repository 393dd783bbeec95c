// PVH: hvm_start_info into BootInfo.
// Callers: boot/relocate.cc; tests.
// Locks, context: before relocation; pure.
#include "arch/boot/parsers.h"

namespace arch {
namespace {

struct StartInfo {
    u32 magic;
    u32 version;
    u32 flags;
    u32 module_count;
    u64 modules;
    u64 command_line;
    u64 rsdp;
};
static_assert(sizeof(StartInfo) == 40);

// Follows StartInfo from version 1 on.
struct MapInfo {
    u64 entries;
    u32 count;
    u32 reserved;
};

struct MapEntry {
    u64 base;
    u64 size;
    u32 type;
    u32 reserved;
};
static_assert(sizeof(MapEntry) == 24);

struct Module {
    u64 base;
    u64 size;
    u64 command_line;
    u64 reserved;
};

constexpr u32 kMagic = 0x336e'c578;
constexpr u32 kMaxEntries = 4096;

}  // namespace

bool parse_pvh(const PhysMemory& memory, u64 start, BootInfo& info) {
    const auto header = memory.read<StartInfo>(start);
    if (!header || header->magic != kMagic) return false;
    info.protocol = BootProtocol::kPvh;
    info.rsdp = header->rsdp;
    if (header->command_line != 0) {
        set_command_line(info, memory.text(header->command_line, BootInfo::kMaxCommandLine));
    }
    if (header->module_count != 0) {
        if (const auto module = memory.read<Module>(header->modules)) {
            info.initrd = module->base;
            info.initrd_size = module->size;
        }
    }
    if (header->version >= 1) {
        if (const auto map = memory.read<MapInfo>(start + sizeof(StartInfo))) {
            for (u32 i = 0; i < map->count && i < kMaxEntries; ++i) {
                const auto entry = memory.read<MapEntry>(map->entries + u64{i} * sizeof(MapEntry));
                if (!entry) break;
                add_range(info, entry->base, entry->size, entry->type);
            }
        }
    }
    sanitise_memory_map(info);
    return true;
}

}  // namespace arch
