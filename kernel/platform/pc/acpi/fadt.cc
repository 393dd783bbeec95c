#include "platform/pc/acpi/fadt.h"

#include "platform/pc/acpi/tables.h"

namespace platform::pc::acpi {
namespace {

constexpr u32 kFlagTimer32 = 1u << 8, kFlagReset = 1u << 10;
constexpr u16 kBoot8042 = 1u << 1;

enum Aml : u8 { kName = 0x08, kPackage = 0x12, kZero = 0x00, kOne = 0x01, kByte = 0x0a, kWord = 0x0b, kDword = 0x0c };

// A small integer constant at `at`; advances it.
std::optional<u8> constant(std::span<const u8> aml, usize& at) {
    if (at >= aml.size()) return std::nullopt;
    usize bytes = 0;
    switch (aml[at++]) {
        case kZero: return u8{0};
        case kOne: return u8{1};
        case kByte: bytes = 1; break;
        case kWord: bytes = 2; break;
        case kDword: bytes = 4; break;
        default: return std::nullopt;
    }
    if (aml.size() - at < bytes) return std::nullopt;
    u8 value = aml[at];
    at += bytes;
    return value;
}

}  // namespace

Result<Fadt> parse_fadt(std::span<const u8> table) {
    TableHeader header = TRY(check_table(table, "FACP"));
    std::span<const u8> t = table.first(header.length);
    Fadt f;
    f.dsdt = PhysAddr(TRY(base::read_at<u32>(t, 40)));
    f.sci = TRY(base::read_at<u16>(t, 46));
    f.smi_command = TRY(base::read_at<u32>(t, 48));
    f.acpi_enable = TRY(base::read_at<u8>(t, 52));
    f.pm1a_control = static_cast<u16>(TRY(base::read_at<u32>(t, 64)));
    f.pm1b_control = static_cast<u16>(TRY(base::read_at<u32>(t, 68)));
    f.pm_timer = static_cast<u16>(TRY(base::read_at<u32>(t, 76)));
    f.century_register = TRY(base::read_at<u8>(t, 108));
    u32 flags = TRY(base::read_at<u32>(t, 112));
    f.pm_timer_32_bits = (flags & kFlagTimer32) != 0;
    if (header.revision >= 3) f.has_keyboard_controller = (TRY(base::read_at<u16>(t, 109)) & kBoot8042) != 0;
    if ((flags & kFlagReset) != 0 && t.size() >= 129) {
        f.reset = {static_cast<Space>(TRY(base::read_at<u8>(t, 116))), TRY(base::read_at<u64>(t, 120))};
        f.reset_value = TRY(base::read_at<u8>(t, 128));
        f.has_reset = f.reset.address != 0;
    }
    if (t.size() >= 148) {
        u64 wide = TRY(base::read_at<u64>(t, 140));
        if (wide != 0) f.dsdt = PhysAddr(wide);
    }
    return f;
}

std::optional<SleepType> find_sleep_type(std::span<const u8> aml, u8 state) {
    const std::array<u8, 4> name = {'_', 'S', static_cast<u8>('0' + state), '_'};
    for (usize i = 1; i + 8 < aml.size(); i++) {
        if (aml[i] != name[0] || aml[i + 1] != name[1] || aml[i + 2] != name[2] || aml[i + 3] != name[3]) continue;
        // NameOp before it, maybe with a root prefix between.
        bool named = aml[i - 1] == kName || (i >= 2 && aml[i - 1] == '\\' && aml[i - 2] == kName);
        if (!named || aml[i + 4] != kPackage) continue;
        usize at = i + 5;
        at += 1u + (aml[at] >> 6);  // PkgLength: its top bits count the bytes that follow
        at += 1;                    // NumElements
        std::optional<u8> a = constant(aml, at);
        if (!a) continue;
        std::optional<u8> b = constant(aml, at);
        return SleepType{*a, b.value_or(*a)};
    }
    return std::nullopt;
}

}  // namespace platform::pc::acpi
