// BootInfo: what the boot protocols (PVH, Multiboot2) hand over, in one form. Copied out before any allocation.
// Callers: main and memory read it once; boot/ fills it. Pure, host-testable.
// Locks, context: boot CPU only.
#pragma once

#include <string_view>

#include "base/types.h"

namespace arch {

enum class BootProtocol : u8 { kNone, kPvh, kMultiboot2 };

// Kinds as in the ACPI address-range types; unknown ones become kReserved.
enum class MemoryKind : u8 {
    kUsable = 1,
    kReserved = 2,
    kAcpiReclaimable = 3,
    kAcpiNvs = 4,
    kBad = 5,
    kPersistent = 7
};

struct MemoryRange {
    u64 base = 0;
    u64 size = 0;
    MemoryKind kind = MemoryKind::kReserved;
    u64 end() const { return base + size; }
};

struct Framebuffer {
    u64 phys = 0;                          // 0: none
    u32 width = 0, height = 0, pitch = 0;  // pixels, pixels, bytes a line
    u8 bpp = 0;
    u8 red_shift = 0, red_bits = 0, green_shift = 0, green_bits = 0, blue_shift = 0, blue_bits = 0;
};

struct BootInfo {
    static constexpr usize kMaxRanges = 128;
    static constexpr usize kMaxCommandLine = 4096;
    static constexpr usize kMaxRsdp = 64;

    BootProtocol protocol = BootProtocol::kNone;
    // Sorted by base, not empty, not overlapping; where input ranges overlap the less usable kind wins.
    MemoryRange ranges[kMaxRanges] = {};
    usize range_count = 0;
    bool ranges_truncated = false;  // there were more than fit

    char command_line[kMaxCommandLine] = {};  // NUL-terminated, cut if longer
    usize command_line_length = 0;

    u64 rsdp = 0;                 // physical address, 0 if not told
    u8 rsdp_copy[kMaxRsdp] = {};  // Multiboot2 hands over a copy instead
    usize rsdp_copy_size = 0;

    u64 initrd = 0, initrd_size = 0;  // physical; the range is inside usable RAM
    Framebuffer framebuffer;
    u64 efi_system_table = 0;

    // Where the kernel's image lies, and how far it was slid from its link address.
    u64 image_phys = 0, image_size = 0, image_slide = 0;

    std::string_view options() const { return {command_line, command_line_length}; }
};

// Sorts `info.ranges`, drops empty and wrapping ranges, resolves overlaps, joins neighbours of one kind.
void sanitise_memory_map(BootInfo& info);
void add_range(BootInfo& info, u64 base, u64 size, u32 acpi_type);
void set_command_line(BootInfo& info, std::string_view text);

}  // namespace arch

// Defined by main/: start of the kernel proper, on the boot CPU's boot stack (64 KiB). GS base, IDT and the early
// UART work, interrupts are off, the first 4 GiB are mapped one to one beside the image. `info` lies in .bss.
extern "C" [[noreturn]] void kernel_start(const arch::BootInfo& info);
