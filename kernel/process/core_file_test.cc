#include <gtest/gtest.h>  // first: the ABI headers take back its macros

#include "abi/linux/elf.h"
#include "base/bytes.h"
#include "process/core_file.h"
#include "process/core_name.h"

namespace process {
namespace {

TEST(CoreFile, NotesArePadded) {
    CoreNotes notes;
    const std::array<u8, 5> contents{1, 2, 3, 4, 5};
    ASSERT_TRUE(notes.add("CORE", 1, contents).ok());
    ASSERT_TRUE(notes.add("LINUX", 0x202, contents).ok());
    EXPECT_EQ(notes.bytes().size(), (12u + 8 + 8) * 2);
    const auto second = *base::read_at<abi::Elf64_Nhdr>(notes.bytes(), 28);
    EXPECT_EQ(second.n_namesz, 6u);
    EXPECT_EQ(second.n_descsz, 5u);
    EXPECT_EQ(second.n_type, 0x202u);
    EXPECT_EQ(notes.bytes()[28 + 12 + 8 + 4], 5);
}

TEST(CoreFile, ListOfFiles) {
    CoreFileList files;
    EXPECT_TRUE(files.empty());
    ASSERT_TRUE(files.add(0x1000, 0x3000, 0x2000, "/bin/a").ok());
    ASSERT_TRUE(files.add(0x5000, 0x6000, 0, "/b").ok());
    const Vector<u8> bytes = must(files.encode(), "files");
    ASSERT_EQ(bytes.size(), 16u + 2 * 24 + 7 + 3);
    EXPECT_EQ(*base::read_at<u64>(bytes.span(), 0), 2u);
    EXPECT_EQ(*base::read_at<u64>(bytes.span(), 8), 4096u);
    EXPECT_EQ(*base::read_at<u64>(bytes.span(), 32), 2u);
    EXPECT_EQ(base::text_of(bytes.span().subspan(64)), std::string_view("/bin/a\0/b\0", 10));
}

TEST(CoreFile, SegmentsFollowEachOther) {
    const std::array<CoreSegment, 2> segments{{{0x10000, 0x14000, 0x1000, 5}, {0x20000, 0x21000, 0, 6}}};
    const CoreHeader header = must(core_header(segments, 100), "header");
    EXPECT_EQ(header.bytes.size(), 64u + 3 * 56);
    EXPECT_EQ(header.data_offset, 4096u);
    const auto notes = *base::read_at<abi::Elf64_Phdr>(header.bytes.span(), 64);
    EXPECT_EQ(notes.p_offset, header.bytes.size());
    EXPECT_EQ(notes.p_filesz, 100u);
    const auto second = *base::read_at<abi::Elf64_Phdr>(header.bytes.span(), 64 + 2 * 56);
    EXPECT_EQ(second.p_offset, 4096u + 0x1000);
    EXPECT_EQ(second.p_memsz, 0x1000u);
}

std::string name_of(std::string_view pattern, const CoreFacts& f) {
    return std::string(must(core_name(pattern, f), "name").view());
}

TEST(CoreName, Specifiers) {
    const CoreFacts f{.pid = 12,
                      .tid = 13,
                      .uid = 1000,
                      .gid = 100,
                      .signo = 11,
                      .time_s = 99,
                      .limit = 4096,
                      .host = "box",
                      .name = "a/b",
                      .program = "/usr/bin/tool"};
    EXPECT_EQ(name_of("core", f), "core");
    EXPECT_EQ(name_of("/c/%p-%P-%i-%I-%u-%g-%s-%t-%c-%d%%", f), "/c/12-12-13-13-1000-100-11-99-4096-1%");
    EXPECT_EQ(name_of("%h.%e.%f.%E", f), "box.a!b.tool.!usr!bin!tool");
    EXPECT_EQ(name_of("x%qy%", f), "xy");
}

TEST(CoreName, PidAppendedAndDotsEscaped) {
    CoreFacts f{.pid = 5, .name = "..", .program = "", .append_pid = true};
    EXPECT_EQ(name_of("core", f), "core.5");
    EXPECT_EQ(name_of("core-%p", f), "core-5");
    EXPECT_EQ(name_of("%e/%f", f), "!./!.5");
}

}  // namespace
}  // namespace process
