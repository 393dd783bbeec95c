#include "platform/pc/acpi/small_tables.h"

#include "platform/pc/acpi/tables.h"

namespace platform::pc::acpi {

Result<PhysAddr> parse_hpet(std::span<const u8> table) {
    TRY(check_table(table, "HPET"));
    u64 address = TRY(base::read_at<u64>(table, 44));
    if (address == 0 || TRY(base::read_at<u8>(table, 40)) != 0) return Errno::kINVAL;  // only memory space
    return PhysAddr(address);
}

Result<Mcfg> parse_mcfg(std::span<const u8> table) {
    TableHeader header = TRY(check_table(table, "MCFG"));
    Mcfg mcfg;
    for (usize at = kHeaderSize + 8; at + 16 <= header.length && mcfg.count < mcfg.segments.size(); at += 16) {
        mcfg.segments[mcfg.count++] = {TRY(base::read_at<u64>(table, at)), TRY(base::read_at<u16>(table, at + 8)),
                                       TRY(base::read_at<u8>(table, at + 10)), TRY(base::read_at<u8>(table, at + 11))};
    }
    return mcfg;
}

Result<void> parse_srat(std::span<const u8> table, Srat& out) {
    out = Srat{};
    TableHeader header = TRY(check_table(table, "SRAT"));
    constexpr u32 kEnabled = 1;
    for (usize at = kHeaderSize + 12; at + 2 <= header.length;) {
        u8 kind = table[at], length = table[at + 1];
        if (length < 2) return Errno::kINVAL;
        auto e = TRY(base::slice(table.first(header.length), at, length));
        at += length;
        if (kind == 0 && (TRY(base::read_at<u32>(e, 4)) & kEnabled) != 0 && out.cpu_count < out.cpus.size()) {
            // The domain's upper three bytes stand apart.
            u32 node = TRY(base::read_at<u8>(e, 2)) | (TRY(base::read_at<u32>(e, 8)) & 0xffff'ff00);
            out.cpus[out.cpu_count++] = {TRY(base::read_at<u8>(e, 3)), node};
        } else if (kind == 1 && (TRY(base::read_at<u32>(e, 28)) & kEnabled) != 0 &&
                   out.memory_count < out.memory.size()) {
            out.memory[out.memory_count++] = {TRY(base::read_at<u64>(e, 8)), TRY(base::read_at<u64>(e, 16)),
                                              TRY(base::read_at<u32>(e, 2))};
        } else if (kind == 2 && (TRY(base::read_at<u32>(e, 12)) & kEnabled) != 0 && out.cpu_count < out.cpus.size()) {
            out.cpus[out.cpu_count++] = {TRY(base::read_at<u32>(e, 8)), TRY(base::read_at<u32>(e, 4))};
        }
    }
    return {};
}

Result<u64> slit_nodes(std::span<const u8> table) {
    TRY(check_table(table, "SLIT"));
    return base::read_at<u64>(table, kHeaderSize);
}

Result<u8> slit_distance(std::span<const u8> table, u64 from, u64 to) {
    u64 nodes = TRY(slit_nodes(table));
    if (from >= nodes || to >= nodes || nodes > 1024) return Errno::kINVAL;
    return base::read_at<u8>(table, kHeaderSize + 8 + from * nodes + to);
}

}  // namespace platform::pc::acpi
