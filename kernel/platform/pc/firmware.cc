#include "platform/pc/firmware.h"

#include "base/bytes.h"
#include "device/mmio.h"
#include "log/log.h"
#include "platform/pc/acpi/tables.h"

namespace platform::pc::firmware {
namespace {

constexpr usize kMaxTables = 64, kMaxWindows = 16;
constexpr usize kWindow = 128 * 1024;

struct Entry {
    PhysAddr address;
    std::array<char, 4> signature{};
};
constinit std::array<Entry, kMaxTables> g_tables{};
constinit usize g_count = 0;

// Tables lie close together: one mapping serves most of them.
struct Window {
    PhysAddr start;
    device::MappedBytes memory;
};
constinit std::array<Window, kMaxWindows> g_windows{};
constinit usize g_window_count = 0;

Result<std::span<const u8>> map(PhysAddr address, usize size) {
    for (Window& w : std::span(g_windows).first(g_window_count)) {
        if (address >= w.start && address - w.start + size <= w.memory.bytes().size())
            return w.memory.bytes().subspan(address - w.start, size);
    }
    if (g_window_count == kMaxWindows) return Errno::kNOSPC;
    PhysAddr start = address.value > kWindow / 2 ? (address - kWindow / 2).page_down() : PhysAddr(0);
    usize length = kWindow / 2 + kPageSize + (size > kWindow / 2 ? size : kWindow / 2);
    Window& w = g_windows[g_window_count];
    w.memory = TRY(device::MappedBytes::map_firmware(start, length));
    w.start = start;
    g_window_count++;
    return w.memory.bytes().subspan(address - start, size);
}

Result<acpi::RootPointer> root_pointer(const arch::BootInfo& boot) {
    if (boot.rsdp_copy_size != 0) {
        auto copy = acpi::parse_root_pointer(std::span(boot.rsdp_copy).first(boot.rsdp_copy_size));
        if (copy.ok()) return copy;
    }
    if (boot.rsdp != 0) {
        auto bytes = map(PhysAddr(boot.rsdp), 36);
        auto told = bytes.ok() ? acpi::parse_root_pointer(*bytes) : Result<acpi::RootPointer>(bytes.error());
        if (told.ok()) return told;
        log::warn("acpi: the boot loader's root pointer at {:#x} is not valid; looking in the BIOS area", boot.rsdp);
    }
    // ACPI 6.5, section 5.2.5.1: the first KiB of the EBDA, or E0000h to FFFFFh. Firmware of today uses the latter.
    constexpr u64 kBiosArea = 0xe0000, kBiosAreaSize = 0x20000;
    auto area = TRY(map(PhysAddr(kBiosArea), kBiosAreaSize));
    auto at = acpi::find_root_pointer(area);
    if (!at) return Errno::kNOENT;
    return acpi::parse_root_pointer(area.subspan(*at));
}

}  // namespace

Result<std::span<const u8>> map_table(PhysAddr table) {
    auto head = TRY(map(table, acpi::kHeaderSize));
    acpi::TableHeader header = TRY(acpi::parse_header(head));
    return map(table, header.length);
}

void init(const arch::BootInfo& boot) {
    auto pointer = root_pointer(boot);
    if (!pointer.ok()) {
        log::warn("acpi: no root pointer: the firmware has no ACPI; one CPU, no I/O APIC, no power off");
        return;
    }
    auto root = map_table(pointer->table);
    if (!root.ok() || !acpi::check_table(*root, pointer->extended ? "XSDT" : "RSDT").ok()) {
        log::warn("acpi: the root table at {:#x} is damaged; going on without ACPI", pointer->table.value);
        return;
    }
    usize entries = acpi::root_entries(*root, pointer->extended);
    for (usize i = 0; i < entries && g_count < kMaxTables; i++) {
        PhysAddr address = acpi::root_entry(*root, pointer->extended, i);
        auto head = address.is_null() ? Result<std::span<const u8>>(Errno::kINVAL) : map(address, acpi::kHeaderSize);
        auto header = head.ok() ? acpi::parse_header(*head) : Result<acpi::TableHeader>(head.error());
        if (header.ok()) g_tables[g_count++] = {address, header->signature};
    }
}

Result<std::span<const u8>> find(std::string_view signature) {
    for (const Entry& e : std::span(g_tables).first(g_count)) {
        if (std::string_view(e.signature.data(), e.signature.size()) != signature) continue;
        auto table = TRY(map_table(e.address));
        if (!acpi::check_table(table, signature).ok()) {
            log::warn("acpi: table {} at {:#x} is damaged; going on without it", signature, e.address.value);
            return Errno::kINVAL;
        }
        return table;
    }
    return Errno::kNOENT;
}

usize count() { return g_count; }
std::array<char, 4> signature(usize index) { return g_tables.at(index).signature; }

}  // namespace platform::pc::firmware
