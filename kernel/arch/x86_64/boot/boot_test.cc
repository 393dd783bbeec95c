// The boot protocols' parsers: tables as loaders make them, and broken ones.
// Callers: the host test runner.
// Locks, context: none.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "arch/boot/parsers.h"

namespace arch {
namespace {

constexpr u64 kBase = 0x1000;

// Physical memory from kBase on, built by appending.
struct Memory {
    std::vector<u8> bytes;

    u64 here() const { return kBase + bytes.size(); }
    template <typename T>
    u64 put(T value) {
        const u64 at = here();
        const u8* p = reinterpret_cast<const u8*>(&value);
        bytes.insert(bytes.end(), p, p + sizeof(T));
        return at;
    }
    u64 text(const std::string& s) {
        const u64 at = here();
        bytes.insert(bytes.end(), s.begin(), s.end());
        bytes.push_back(0);
        return at;
    }
    void align() {
        while (bytes.size() % 8 != 0) bytes.push_back(0);
    }
    template <typename T>
    void patch(u64 at, T value) {
        memcpy(bytes.data() + (at - kBase), &value, sizeof(T));
    }
    PhysMemory view() const { return PhysMemory(kBase, bytes.data(), bytes.size()); }
};

void put_map_entry(Memory& m, u64 base, u64 size, u32 type) {
    m.put(base);
    m.put(size);
    m.put(type);
    m.put(u32{0});
}

// As qboot makes it: unsorted, with an empty entry.
u64 make_pvh(Memory& m) {
    const u64 text = m.text("quiet init=/bin/sh");
    m.align();
    const u64 map = m.here();
    put_map_entry(m, 0x100000, 0xff00000, 1);
    put_map_entry(m, 0, 0x9fc00, 1);
    put_map_entry(m, 0x5000, 0, 2);
    put_map_entry(m, 0xd0000, 0x20000, 4);
    put_map_entry(m, 0xf0000, 0x10000, 0x14);
    const u64 module = m.here();
    for (u64 word : {u64{0x8000000}, u64{0x123456}, u64{0}, u64{0}}) m.put(word);
    const u64 start = m.put(u32{0x336ec578});
    for (u32 word : {1u, 0u, 1u}) m.put(word);
    for (u64 word : {module, text, u64{0xf36a0}, map}) m.put(word);
    m.put(u32{5});
    m.put(u32{0});
    return start;
}

struct TagWriter {
    Memory& m;
    u64 tag;
    TagWriter(Memory& memory, u32 type) : m(memory) {
        m.align();
        tag = m.put(type);
        m.put(u32{0});
    }
    ~TagWriter() { m.patch(tag + 4, static_cast<u32>(m.here() - tag)); }
};

u64 make_multiboot(Memory& m) {
    const u64 start = m.put(u32{0});
    m.put(u32{0});
    {
        TagWriter t(m, 1);
        m.text("root=/dev/vda");
    }
    {
        TagWriter t(m, 3);
        m.put(u32{0x16c000});
        m.put(u32{0x170000});
        m.text("initrd");
    }
    {
        TagWriter t(m, 6);
        m.put(u32{24});
        m.put(u32{0});
        put_map_entry(m, 0, 0x9fc00, 1);
        put_map_entry(m, 0x100000, 0x7f00000, 1);
    }
    {
        TagWriter t(m, 8);
        m.put(u64{0xfd000000});
        for (u32 word : {4096u, 1024u, 768u}) m.put(word);
        for (u8 byte : {32, 1, 0, 0, 16, 8, 8, 8, 0, 8}) m.put(static_cast<u8>(byte));
    }
    for (const int size : {20, 36}) {
        TagWriter t(m, size == 20 ? 14 : 15);
        for (int i = 0; i < size; ++i) m.put(static_cast<u8>(size));
    }
    {
        TagWriter t(m, 12);
        m.put(u64{0x7fee1234});
    }
    { TagWriter t(m, 0); }
    m.patch(start, static_cast<u32>(m.here() - start));
    return start;
}

void expect_sane(const BootInfo& info) {
    ASSERT_LE(info.range_count, BootInfo::kMaxRanges);
    for (usize i = 0; i < info.range_count; ++i) {
        EXPECT_GT(info.ranges[i].size, 0u);
        EXPECT_GT(info.ranges[i].end(), info.ranges[i].base);
        if (i > 0) {
            EXPECT_GE(info.ranges[i].base, info.ranges[i - 1].end());
        }
    }
    ASSERT_LT(info.command_line_length, BootInfo::kMaxCommandLine);
    EXPECT_EQ(info.command_line[info.command_line_length], 0);
    EXPECT_LE(info.rsdp_copy_size, BootInfo::kMaxRsdp);
}

TEST(Pvh, ReadsWhatQbootMakes) {
    Memory m;
    const u64 start = make_pvh(m);
    BootInfo info;
    ASSERT_TRUE(parse_pvh(m.view(), start, info));
    EXPECT_EQ(info.protocol, BootProtocol::kPvh);
    EXPECT_EQ(info.options(), "quiet init=/bin/sh");
    EXPECT_EQ(info.rsdp, 0xf36a0u);
    EXPECT_EQ(info.initrd, 0x8000000u);
    EXPECT_EQ(info.initrd_size, 0x123456u);
    ASSERT_EQ(info.range_count, 4u);
    EXPECT_EQ(info.ranges[0].base, 0u);
    EXPECT_EQ(info.ranges[1].kind, MemoryKind::kAcpiNvs);
    EXPECT_EQ(info.ranges[2].kind, MemoryKind::kReserved);  // an unknown type
    EXPECT_EQ(info.ranges[3].base, 0x100000u);
}

TEST(Pvh, RefusesAnotherMagic) {
    Memory m;
    const u64 start = make_pvh(m);
    BootInfo info;
    EXPECT_FALSE(parse_pvh(m.view(), start + 4, info));
    EXPECT_FALSE(parse_pvh(m.view(), m.here() - 8, info));
}

TEST(Multiboot2, ReadsWhatGrubMakes) {
    Memory m;
    const u64 start = make_multiboot(m);
    BootInfo info;
    ASSERT_TRUE(parse_multiboot2(m.view(), start, info));
    EXPECT_EQ(info.options(), "root=/dev/vda");
    EXPECT_EQ(info.initrd, 0x16c000u);
    EXPECT_EQ(info.initrd_size, 0x4000u);
    EXPECT_EQ(info.range_count, 2u);
    EXPECT_EQ(info.framebuffer.phys, 0xfd000000u);
    EXPECT_EQ(info.framebuffer.width, 1024u);
    EXPECT_EQ(info.framebuffer.pitch, 4096u);
    EXPECT_EQ(info.framebuffer.red_shift, 16);
    EXPECT_EQ(info.framebuffer.blue_bits, 8);
    EXPECT_EQ(info.rsdp_copy_size, 36u);  // the ACPI 2.0 one
    EXPECT_EQ(info.rsdp_copy[0], 36);
    EXPECT_EQ(info.efi_system_table, 0x7fee1234u);
}

TEST(Parsers, SurviveBrokenInput) {
    std::mt19937 random(42);
    for (int round = 0; round < 20000; ++round) {
        Memory m;
        const bool pvh = round % 2 == 0;
        const u64 start = pvh ? make_pvh(m) : make_multiboot(m);
        for (int i = 0; i < 4; ++i) m.bytes[random() % m.bytes.size()] = static_cast<u8>(random());
        if (round % 3 == 0) m.bytes.resize(m.bytes.size() - random() % 64);
        BootInfo info;
        if (pvh ? parse_pvh(m.view(), start, info) : parse_multiboot2(m.view(), start, info)) expect_sane(info);
    }
}

TEST(MemoryMap, WorseKindWinsWhereRangesOverlap) {
    BootInfo info;
    add_range(info, 0x1000, 0x9000, 1);
    add_range(info, 0x3000, 0x1000, 2);
    add_range(info, 0x9000, 0x4000, 3);
    sanitise_memory_map(info);
    ASSERT_EQ(info.range_count, 4u);
    EXPECT_EQ(info.ranges[0].end(), 0x3000u);
    EXPECT_EQ(info.ranges[1].kind, MemoryKind::kReserved);
    EXPECT_EQ(info.ranges[2].base, 0x4000u);
    EXPECT_EQ(info.ranges[2].end(), 0x9000u);
    EXPECT_EQ(info.ranges[3].kind, MemoryKind::kAcpiReclaimable);
    EXPECT_EQ(info.ranges[3].end(), 0xd000u);
}

TEST(MemoryMap, JoinsNeighboursAndDropsWrapping) {
    BootInfo info;
    add_range(info, 0x2000, 0x1000, 1);
    add_range(info, 0x1000, 0x1000, 1);
    add_range(info, ~0ull - 0xfff, 0x2000, 1);
    sanitise_memory_map(info);
    ASSERT_EQ(info.range_count, 1u);
    EXPECT_EQ(info.ranges[0].base, 0x1000u);
    EXPECT_EQ(info.ranges[0].size, 0x2000u);
}

TEST(MemoryMap, SaysWhenItIsCut) {
    BootInfo info;
    for (u64 i = 0; i < 200; ++i) add_range(info, i * 0x2000, 0x1000, 1);
    EXPECT_TRUE(info.ranges_truncated);
    sanitise_memory_map(info);
    EXPECT_EQ(info.range_count, BootInfo::kMaxRanges);
    expect_sane(info);
}

TEST(CommandLine, IsCutAndSearched) {
    BootInfo info;
    set_command_line(info, std::string(10000, 'x'));
    expect_sane(info);
    EXPECT_EQ(info.options().size(), BootInfo::kMaxCommandLine - 1);
    EXPECT_TRUE(has_option("a nokaslr b", "nokaslr"));
    EXPECT_TRUE(has_option("nokaslr", "nokaslr"));
    EXPECT_FALSE(has_option("xnokaslr nokaslrx", "nokaslr"));
    EXPECT_FALSE(has_option("a -- nokaslr", "nokaslr"));
}

}  // namespace
}  // namespace arch
