#include <gtest/gtest.h>

#include <map>

#include "device/pci/config.h"
#include "device/pci/resources.h"

namespace {
using namespace device::pci;

// One function at 0:1.0 with registers that keep only the bits of their masks.
struct FakeSpace : ConfigSpace {
    std::map<u16, u32> values, masks;
    u32 read(device::pci::Address a, u16 offset) override {
        if (a.slot != 1 || a.function != 0) return ~0u;
        return values[offset];
    }
    void write(device::pci::Address a, u16 offset, u32 value) override {
        if (a.slot != 1) return;
        u32 mask = masks.count(offset) ? masks[offset] : 0;
        values[offset] = (values[offset] & ~mask) | (value & mask);
    }
};

TEST(Pci, ReadsAFunctionAndItsBars) {
    FakeSpace s;
    s.values[0] = 0x1111'1234;
    s.values[4] = 3;
    s.masks[4] = 0xffff;
    s.values[8] = 0x03800002;
    s.values[0x10] = 0xfd00'0008;  // 16 MiB, prefetchable
    s.masks[0x10] = 0xff00'0000;
    s.values[0x18] = 4;  // 64 bits, 4 KiB
    s.masks[0x18] = 0xffff'f000;
    s.masks[0x1c] = 0xffff'ffff;
    s.values[0x20] = 0xc001;  // 64 ports
    s.masks[0x20] = 0xffc0;
    Function f;
    ASSERT_TRUE(read_function(s, {0, 0, 1, 0}, f));
    EXPECT_EQ(f.vendor, 0x1234);
    EXPECT_EQ(f.class_code, 0x038000u);
    EXPECT_EQ(f.bars[0].kind, Bar::Kind::kMemory32);
    EXPECT_EQ(f.bars[0].base, 0xfd00'0000u);
    EXPECT_EQ(f.bars[0].size, 16u << 20);
    EXPECT_TRUE(f.bars[0].prefetchable);
    EXPECT_EQ(f.bars[1].kind, Bar::Kind::kNone);
    EXPECT_EQ(f.bars[2].kind, Bar::Kind::kMemory64);
    EXPECT_EQ(f.bars[2].size, 4096u);
    EXPECT_EQ(f.bars[2].base, 0u);
    EXPECT_EQ(f.bars[4].kind, Bar::Kind::kPorts);
    EXPECT_EQ(f.bars[4].base, 0xc000u);
    EXPECT_EQ(f.bars[4].size, 64u);
    EXPECT_EQ(s.values[4], 3u);
    EXPECT_EQ(s.values[0x10], 0xfd00'0008u);
    f.bars[2].base = 0x8'1234'5000;
    write_bar(s, f, 2);
    EXPECT_EQ(s.values[0x1c], 8u);
    EXPECT_FALSE(read_function(s, {0, 0, 2, 0}, f));
}
TEST(Pci, CapabilityLoopsEnd) {
    FakeSpace s;
    s.values[4] = 1u << 20;
    s.values[0x34] = 0x40;
    s.values[0x40] = 0x5005;
    s.values[0x50] = 0x4011;  // back to 0x40
    Function f;
    f.address = {0, 0, 1, 0};
    EXPECT_EQ(find_capability(s, f, 0x11), 0x50);
    EXPECT_EQ(find_capability(s, f, 0x10), 0);
}
TEST(Pci, RangesDoNotOverlap) {
    RangeAllocator a(0xc000'0000, 0xfe80'0000);
    a.reserve(0xc000'1000, 0x1000);
    EXPECT_EQ(a.allocate(0x1000), 0xc000'0000u);
    EXPECT_EQ(a.allocate(0x1000), 0xc000'2000u);
    EXPECT_EQ(a.allocate(16u << 20), 0xc100'0000u);
    EXPECT_EQ(a.allocate(1u << 31), std::nullopt);
    EXPECT_EQ(a.allocate(0x2000), 0xc000'4000u);
}
}  // namespace
