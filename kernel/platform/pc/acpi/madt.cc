#include "platform/pc/acpi/madt.h"

#include "platform/pc/acpi/tables.h"

namespace platform::pc::acpi {
namespace {

enum EntryKind : u8 { kLocalApic = 0, kIoApic = 1, kOverride = 2, kLocalApicAddress = 5, kX2apic = 9 };
constexpr u32 kCpuEnabled = 1;

void add_cpu(Madt& out, u32 apic_id, u32 uid, u32 flags) {
    if ((flags & kCpuEnabled) == 0) {
        out.disabled_cpus++;
        return;
    }
    // Firmware may list a CPU both ways; the first entry counts.
    for (usize i = 0; i < out.cpu_count; i++)
        if (out.cpus[i].apic_id == apic_id) return;
    if (out.cpu_count == Madt::kMaxCpus) {
        out.cut = true;
        return;
    }
    out.cpus[out.cpu_count++] = {apic_id, uid};
}

template <typename T, usize N>
void add(std::array<T, N>& list, usize& count, bool& cut, const T& value) {
    if (count == N) {
        cut = true;
        return;
    }
    list[count++] = value;
}

Result<void> parse_entry(std::span<const u8> e, Madt& out) {
    switch (e[0]) {
        case kLocalApic: {
            u8 id = TRY(base::read_at<u8>(e, 3));
            if (id != 0xff) add_cpu(out, id, TRY(base::read_at<u8>(e, 2)), TRY(base::read_at<u32>(e, 4)));
            break;
        }
        case kX2apic: {
            u32 id = TRY(base::read_at<u32>(e, 4));
            if (id != 0xffff'ffff) add_cpu(out, id, TRY(base::read_at<u32>(e, 12)), TRY(base::read_at<u32>(e, 8)));
            break;
        }
        case kIoApic:
            add(out.io_apics, out.io_apic_count, out.cut,
                MadtIoApic{TRY(base::read_at<u8>(e, 2)), TRY(base::read_at<u32>(e, 4)), TRY(base::read_at<u32>(e, 8))});
            break;
        case kOverride: {
            u16 flags = TRY(base::read_at<u16>(e, 8));
            add(out.overrides, out.override_count, out.cut,
                MadtOverride{TRY(base::read_at<u8>(e, 3)), TRY(base::read_at<u32>(e, 4)), static_cast<u8>(flags & 3),
                             static_cast<u8>((flags >> 2) & 3)});
            break;
        }
        case kLocalApicAddress: out.local_apic = TRY(base::read_at<u64>(e, 4)); break;
        default: break;  // NMI wiring, GIC and others: not of interest
    }
    return {};
}

}  // namespace

Result<void> parse_madt(std::span<const u8> table, Madt& out) {
    out = Madt{};
    TableHeader header = TRY(check_table(table, "APIC"));
    std::span<const u8> body = table.first(header.length);
    out.local_apic = TRY(base::read_at<u32>(body, kHeaderSize));
    out.has_8259 = (TRY(base::read_at<u32>(body, kHeaderSize + 4)) & 1) != 0;
    for (usize at = kHeaderSize + 8; at + 2 <= body.size();) {
        u8 length = body[at + 1];
        if (length < 2) return Errno::kINVAL;
        TRY(parse_entry(TRY(base::slice(body, at, length)), out));
        at += length;
    }
    return {};
}

}  // namespace platform::pc::acpi
