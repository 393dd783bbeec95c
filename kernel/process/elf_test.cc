#include <gtest/gtest.h>  // first: the ABI headers take back its macros

#include "process/elf.h"

#include <cstring>
#include <random>
#include <vector>

#include "base/bytes.h"

namespace process::elf {
namespace {

abi::Elf64_Ehdr good_header(u16 phnum = 1) {
    abi::Elf64_Ehdr h{};
    h.e_ident[0] = 0x7f;
    h.e_ident[1] = 'E';
    h.e_ident[2] = 'L';
    h.e_ident[3] = 'F';
    h.e_type = abi::ET_EXEC;
    h.e_machine = abi::EM_X86_64;
    h.e_phentsize = 56;
    h.e_phnum = phnum;
    h.e_phoff = 64;
    h.e_entry = 0x401000;
    return h;
}
abi::Elf64_Phdr load(u64 vaddr, u64 offset, u64 filesz, u64 memsz, u32 flags = abi::PF_R) {
    return {.p_type = abi::PT_LOAD,
            .p_flags = flags,
            .p_offset = offset,
            .p_vaddr = vaddr,
            .p_filesz = filesz,
            .p_memsz = memsz,
            .p_align = 4096};
}
Errno header_error(const abi::Elf64_Ehdr& h) { return parse_header(base::bytes_of(h)).error(); }

TEST(ElfHeader, AcceptsAProgram) { EXPECT_TRUE(parse_header(base::bytes_of(good_header())).ok()); }

TEST(ElfHeader, RefusesEveryWrongField) {
    abi::Elf64_Ehdr h = good_header();
    h.e_ident[3] = 'G';
    EXPECT_EQ(header_error(h), Errno::kNOEXEC);
    h = good_header();
    h.e_type = abi::ET_REL;
    EXPECT_EQ(header_error(h), Errno::kNOEXEC);
    h = good_header();
    h.e_machine = abi::EM_386;
    EXPECT_EQ(header_error(h), Errno::kNOEXEC);
    h = good_header();
    h.e_phentsize = 32;
    EXPECT_EQ(header_error(h), Errno::kNOEXEC);
    EXPECT_EQ(header_error(good_header(0)), Errno::kNOEXEC);
    EXPECT_EQ(header_error(good_header(1171)), Errno::kNOEXEC);
    EXPECT_EQ(parse_header(base::bytes_of(good_header()).first(63)).error(), Errno::kNOEXEC);
}

TEST(ElfPlan, SplitsFileAndBss) {
    const abi::Elf64_Phdr p = load(0x402e10, 0x1e10, 0x300, 0x5000, abi::PF_R | abi::PF_W);
    auto made = plan(good_header(), {&p, 1});
    ASSERT_TRUE(made.ok());
    const Segment& s = made->segments[0];
    EXPECT_EQ(s.map_start, 0x402000u);
    EXPECT_EQ(s.file_offset, 0x1000u);
    EXPECT_EQ(s.file_length, 0x1110u);
    EXPECT_EQ(s.zero_start, 0x403110u);
    EXPECT_EQ(s.zero_end, 0x404000u);
    EXPECT_EQ(s.anon_start, 0x404000u);
    EXPECT_EQ(s.anon_end, 0x408000u);
    EXPECT_EQ(made->lowest, 0x402000u);
    EXPECT_EQ(made->total, 0x407e10u - 0x402000u);
}

TEST(ElfPlan, PureBssHasNoFilePart) {
    const abi::Elf64_Phdr p = load(0x500010, 0, 0, 0x20, abi::PF_W);
    auto made = plan(good_header(), {&p, 1});
    ASSERT_TRUE(made.ok());
    EXPECT_EQ(made->segments[0].file_length, 0u);
    EXPECT_EQ(made->segments[0].anon_start, 0x500000u);
    EXPECT_EQ(made->segments[0].anon_end, 0x501000u);
}

TEST(ElfPlan, FindsTheHeadersInMemory) {
    const abi::Elf64_Phdr p = load(0x400000, 0, 0x1000, 0x1000);
    EXPECT_EQ(plan(good_header(), {&p, 1})->program_headers, 0x400040u);
}

TEST(ElfPlan, RefusesWhatCannotBeMapped) {
    for (const abi::Elf64_Phdr& p :
         {load(0x400000, 0, 0x2000, 0x1000), load(kUserLimit, 0, 1, 1), load(0x400000, 0, 0, kUserLimit),
          load(0x400000, 0, 0, ~0ull), load(0x400001, 0, 1, 1), load(0x400000, 0, 0, 0),
          load(0x400000, ~0ull & ~0xfffull, 0x2000, 0x2000)}) {
        EXPECT_EQ(plan(good_header(), {&p, 1}).error(), Errno::kINVAL) << std::hex << p.p_vaddr;
    }
    EXPECT_EQ(plan(good_header(), {}).error(), Errno::kINVAL);
}

TEST(ElfPlan, InterpreterSizes) {
    for (u64 size : {0ull, 1ull, 4097ull, ~0ull}) {
        const abi::Elf64_Phdr p[] = {{.p_type = abi::PT_INTERP, .p_offset = 0x238, .p_filesz = size},
                                     load(0x400000, 0, 1, 1)};
        EXPECT_EQ(plan(good_header(2), p).error(), Errno::kNOEXEC);
    }
    const abi::Elf64_Phdr p[] = {{.p_type = abi::PT_INTERP, .p_offset = 0x238, .p_filesz = 28},
                                 load(0x400000, 0, 1, 1)};
    auto made = plan(good_header(2), p);
    ASSERT_TRUE(made.ok());
    EXPECT_EQ(made->interpreter_size, 28u);
}

TEST(ElfPlan, StackFlag) {
    const abi::Elf64_Phdr p[] = {load(0x400000, 0, 1, 1),
                                 {.p_type = abi::PT_GNU_STACK, .p_flags = abi::PF_R | abi::PF_W}};
    EXPECT_FALSE(plan(good_header(2), p)->executable_stack);
    EXPECT_TRUE(plan(good_header(1), std::span(p).first(1))->executable_stack);
}

// Any bytes give a plan inside the address space, or an error.
TEST(ElfPlan, RandomHeadersStayInside) {
    std::mt19937_64 random(42);
    const u64 nice[] = {0, 1, 0xfff, 0x1000, 0x400000, kUserLimit - 1, kUserLimit, ~0ull, 1ull << 63};
    for (int round = 0; round < 20000; round++) {
        std::vector<abi::Elf64_Phdr> headers(1 + random() % 4);
        for (auto& p : headers) {
            auto pick = [&] { return random() % 3 == 0 ? random() : nice[random() % std::size(nice)]; };
            p = {.p_type = static_cast<u32>(random() % 4 == 0 ? random() : abi::PT_LOAD),
                 .p_flags = static_cast<u32>(random()),
                 .p_offset = pick(),
                 .p_vaddr = pick(),
                 .p_filesz = pick(),
                 .p_memsz = pick(),
                 .p_align = pick()};
        }
        auto made = plan(good_header(static_cast<u16>(headers.size())), headers);
        if (!made.ok()) continue;
        for (const Segment& s : made->segments) {
            EXPECT_LE(s.map_start, s.anon_start);
            EXPECT_LE(s.anon_start, s.anon_end);
            EXPECT_LE(s.anon_end, kUserLimit + kPageSize);
            EXPECT_LE(s.zero_start, s.zero_end);
            EXPECT_EQ(s.map_start % kPageSize, 0u);
            EXPECT_EQ(s.file_offset % kPageSize, 0u);
        }
    }
}

}  // namespace
}  // namespace process::elf
