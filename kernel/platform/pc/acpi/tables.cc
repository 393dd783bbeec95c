#include "platform/pc/acpi/tables.h"

namespace platform::pc::acpi {
namespace {
constexpr std::string_view kRootSignature = "RSD PTR ";
constexpr usize kOldSize = 20, kNewSize = 36;
}  // namespace

bool checksum_is_zero(std::span<const u8> bytes) {
    u8 sum = 0;
    for (u8 b : bytes) sum = static_cast<u8>(sum + b);
    return sum == 0;
}

Result<RootPointer> parse_root_pointer(std::span<const u8> bytes) {
    auto old = TRY(base::slice(bytes, 0, kOldSize));
    if (base::text_of(old.first(8)) != kRootSignature || !checksum_is_zero(old)) return Errno::kINVAL;
    u8 revision = TRY(base::read_at<u8>(bytes, 15));
    if (revision >= 2) {
        u32 length = TRY(base::read_at<u32>(bytes, 20));
        auto whole = base::slice(bytes, 0, length);
        u64 xsdt =
            length >= kNewSize && whole.ok() && checksum_is_zero(*whole) ? TRY(base::read_at<u64>(bytes, 24)) : 0;
        if (xsdt != 0) return RootPointer{PhysAddr(xsdt), true};
        // A broken extension: the old part still stands.
    }
    u32 rsdt = TRY(base::read_at<u32>(bytes, 16));
    if (rsdt == 0) return Errno::kINVAL;
    return RootPointer{PhysAddr(rsdt), false};
}

std::optional<usize> find_root_pointer(std::span<const u8> area) {
    for (usize at = 0; at + kOldSize <= area.size(); at += 16)
        if (parse_root_pointer(area.subspan(at)).ok()) return at;
    return std::nullopt;
}

Result<TableHeader> parse_header(std::span<const u8> bytes) {
    TableHeader header = TRY(base::read_at<TableHeader>(bytes, 0));
    if (header.length < kHeaderSize || header.length > kMaxTableSize) return Errno::kINVAL;
    return header;
}

Result<TableHeader> check_table(std::span<const u8> table, std::string_view signature) {
    TableHeader header = TRY(parse_header(table));
    if (!signature.empty() && header.name() != signature) return Errno::kINVAL;
    if (!checksum_is_zero(TRY(base::slice(table, 0, header.length)))) return Errno::kINVAL;
    return header;
}

usize root_entries(std::span<const u8> root, bool extended) {
    return root.size() < kHeaderSize ? 0 : (root.size() - kHeaderSize) / (extended ? 8 : 4);
}

PhysAddr root_entry(std::span<const u8> root, bool extended, usize index) {
    if (extended) return PhysAddr(base::read_at<u64>(root, kHeaderSize + 8 * index).value_or(0));
    return PhysAddr(base::read_at<u32>(root, kHeaderSize + 4 * index).value_or(0));
}

}  // namespace platform::pc::acpi
