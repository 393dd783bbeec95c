#include <gtest/gtest.h>

#include <vector>

#include "platform/pc/acpi/fadt.h"
#include "platform/pc/acpi/madt.h"
#include "platform/pc/acpi/small_tables.h"
#include "platform/pc/acpi/tables.h"

namespace {
using namespace platform::pc::acpi;
using Bytes = std::vector<u8>;

template <typename T>
void put(Bytes& b, usize at, T value) {
    if (b.size() < at + sizeof(T)) b.resize(at + sizeof(T));
    memcpy(b.data() + at, &value, sizeof(T));
}
void fix_sum(Bytes& b, usize at, usize length) {
    b[at] = 0;
    u8 sum = 0;
    for (usize i = 0; i < length; i++) sum += b[i];
    b[at] = static_cast<u8>(-sum);
}
Bytes table(const char* signature, Bytes body, u8 revision = 1) {
    Bytes b(kHeaderSize);
    memcpy(b.data(), signature, 4);
    b[8] = revision;
    b.insert(b.end(), body.begin(), body.end());
    put<u32>(b, 4, static_cast<u32>(b.size()));
    fix_sum(b, 9, b.size());
    return b;
}
Bytes root_pointer(u8 revision) {
    Bytes b(36);
    memcpy(b.data(), "RSD PTR ", 8);
    b[15] = revision;
    put<u32>(b, 16, 0x1234000);
    put<u32>(b, 20, 36);
    put<u64>(b, 24, 0x5678000);
    fix_sum(b, 8, 20);
    fix_sum(b, 32, 36);
    return b;
}

TEST(AcpiRoot, OldAndNewRevision) {
    auto old = parse_root_pointer(root_pointer(0));
    ASSERT_TRUE(old.ok());
    EXPECT_FALSE(old->extended);
    EXPECT_EQ(old->table.value, 0x1234000u);
    auto fresh = parse_root_pointer(root_pointer(2));
    ASSERT_TRUE(fresh.ok());
    EXPECT_TRUE(fresh->extended);
    EXPECT_EQ(fresh->table.value, 0x5678000u);
}
TEST(AcpiRoot, WrongSumIsRefusedAndBrokenExtensionFallsBack) {
    Bytes bad = root_pointer(0);
    bad[16]++;
    EXPECT_FALSE(parse_root_pointer(bad).ok());
    Bytes half = root_pointer(2);
    half[33]++;
    auto r = parse_root_pointer(half);
    ASSERT_TRUE(r.ok());
    EXPECT_FALSE(r->extended);
}
TEST(AcpiRoot, FoundInABiosArea) {
    Bytes area(4096);
    Bytes p = root_pointer(0);
    memcpy(area.data() + 0x230, p.data(), p.size());
    EXPECT_EQ(find_root_pointer(area), 0x230u);
    area[0x230 + 9]++;
    EXPECT_EQ(find_root_pointer(area), std::nullopt);
}
TEST(AcpiRoot, Entries) {
    Bytes body;
    put<u64>(body, 0, 0x1'0000'0000);
    put<u64>(body, 8, 0x2000);
    Bytes x = table("XSDT", body);
    EXPECT_EQ(root_entries(x, true), 2u);
    EXPECT_EQ(root_entry(x, true, 0).value, 0x1'0000'0000u);
    EXPECT_EQ(root_entries(x, false), 4u);
    x[40]++;
    EXPECT_FALSE(check_table(x, "XSDT").ok());
}
TEST(Madt, CpusIoApicsOverrides) {
    Bytes body;
    put<u32>(body, 0, 0xfee00000);
    put<u32>(body, 4, 1);
    auto add = [&](Bytes e) { body.insert(body.end(), e.begin(), e.end()); };
    add({0, 8, 0, 0, 1, 0, 0, 0});
    add({0, 8, 1, 1, 0, 0, 0, 0});                              // disabled
    add({9, 16, 0, 0, 0x00, 1, 0, 0, 1, 0, 0, 0, 7, 0, 0, 0});  // x2APIC id 256
    add({1, 12, 0, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0});
    add({2, 10, 0, 0, 2, 0, 0, 0, 0, 0});
    add({2, 10, 0, 9, 9, 0, 0, 0, 0x0d, 0});
    auto madt = std::make_unique<Madt>();
    ASSERT_TRUE(parse_madt(table("APIC", body), *madt).ok());
    ASSERT_EQ(madt->cpu_count, 2u);
    EXPECT_EQ(madt->disabled_cpus, 1u);
    EXPECT_EQ(madt->cpus[1].apic_id, 256u);
    ASSERT_EQ(madt->io_apic_count, 1u);
    EXPECT_EQ(madt->io_apics[0].address, 0xfec00000u);
    ASSERT_EQ(madt->override_count, 2u);
    EXPECT_EQ(madt->overrides[0].gsi, 2u);
    EXPECT_EQ(madt->overrides[1].polarity, 1u);
    EXPECT_EQ(madt->overrides[1].trigger, 3u);
    EXPECT_TRUE(madt->has_8259);
}
TEST(Madt, DamagedEntriesAreRefused) {
    Bytes body(8);
    body.insert(body.end(), {0, 0, 0, 0});
    auto madt = std::make_unique<Madt>();
    EXPECT_FALSE(parse_madt(table("APIC", body), *madt).ok());
    body.resize(8);
    body.insert(body.end(), {0, 40, 0, 0});
    EXPECT_FALSE(parse_madt(table("APIC", body), *madt).ok());
    EXPECT_FALSE(parse_madt({}, *madt).ok());
}
TEST(Fadt, RegistersAndReset) {
    Bytes body(244 - kHeaderSize);
    auto at = [](usize i) { return i - kHeaderSize; };
    put<u32>(body, at(40), 0x1000);
    put<u32>(body, at(64), 0x604);
    put<u32>(body, at(76), 0x608);
    put<u32>(body, at(112), 1 << 10 | 1 << 8);
    body[at(116)] = 1;
    put<u64>(body, at(120), 0xcf9);
    body[at(128)] = 0x0f;
    put<u64>(body, at(140), 0x2000);
    auto f = parse_fadt(table("FACP", body, 3));
    ASSERT_TRUE(f.ok());
    EXPECT_EQ(f->dsdt.value, 0x2000u);
    EXPECT_EQ(f->pm1a_control, 0x604);
    EXPECT_EQ(f->pm_timer, 0x608);
    EXPECT_TRUE(f->pm_timer_32_bits);
    EXPECT_TRUE(f->has_reset);
    EXPECT_EQ(f->reset.address, 0xcf9u);
    EXPECT_FALSE(parse_fadt(table("FACP", Bytes(10))).ok());
}
TEST(SleepTypes, PackageOfConstants) {
    // Name (_S5_, Package (4) {Zero, Zero, Zero, Zero}) as QEMU writes it, and with byte constants.
    Bytes zero = {0x10, 0x08, '_', 'S', '5', '_', 0x12, 0x06, 0x04, 0x00, 0x00, 0x00, 0x00, 0, 0, 0};
    auto s = find_sleep_type(zero, 5);
    ASSERT_TRUE(s.has_value());
    EXPECT_EQ(s->a, 0);
    Bytes bytes = {0, 0x08, '\\', '_', 'S', '5', '_', 0x12, 0x0a, 0x04, 0x0a, 0x05, 0x0a, 0x07, 0, 0};
    s = find_sleep_type(bytes, 5);
    ASSERT_TRUE(s.has_value());
    EXPECT_EQ(s->a, 5);
    EXPECT_EQ(s->b, 7);
    EXPECT_FALSE(find_sleep_type(bytes, 3).has_value());
    bytes.resize(11);
    EXPECT_FALSE(find_sleep_type(bytes, 5).has_value());
}
TEST(SmallTables, HpetMcfgSlit) {
    Bytes h(20);
    put<u64>(h, 8, 0xfed00000);
    auto hpet = parse_hpet(table("HPET", h));
    ASSERT_TRUE(hpet.ok());
    EXPECT_EQ(hpet->value, 0xfed00000u);
    Bytes m(8 + 16);
    put<u64>(m, 8, 0xb0000000);
    m[8 + 11] = 255;
    auto mcfg = parse_mcfg(table("MCFG", m));
    ASSERT_TRUE(mcfg.ok());
    ASSERT_EQ(mcfg->count, 1u);
    EXPECT_EQ(mcfg->segments[0].last_bus, 255);
    Bytes s(8 + 4, 10);
    put<u64>(s, 0, 2);
    s[9] = 21;
    EXPECT_EQ(slit_distance(table("SLIT", s), 0, 1).value_or(0), 21);
    EXPECT_FALSE(slit_distance(table("SLIT", s), 2, 0).ok());
}
TEST(SmallTables, Srat) {
    Bytes body(12);
    Bytes cpu(16);
    cpu[0] = 0, cpu[1] = 16, cpu[2] = 1, cpu[3] = 3, cpu[4] = 1;
    Bytes memory(40);
    memory[0] = 1, memory[1] = 40, memory[2] = 1;
    put<u64>(memory, 8, 0x100000);
    put<u64>(memory, 16, 0x200000);
    memory[28] = 1;
    body.insert(body.end(), cpu.begin(), cpu.end());
    body.insert(body.end(), memory.begin(), memory.end());
    auto srat = std::make_unique<Srat>();
    ASSERT_TRUE(parse_srat(table("SRAT", body), *srat).ok());
    ASSERT_EQ(srat->cpu_count, 1u);
    EXPECT_EQ(srat->cpus[0].apic_id, 3u);
    EXPECT_EQ(srat->cpus[0].node, 1u);
    ASSERT_EQ(srat->memory_count, 1u);
    EXPECT_EQ(srat->memory[0].length, 0x200000u);
}
}  // namespace
