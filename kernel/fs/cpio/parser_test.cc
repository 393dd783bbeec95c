#include "fs/cpio/parser.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <random>
#include <string>
#include <vector>

namespace fs::cpio {
namespace {

using Bytes = std::vector<u8>;

void append(Bytes& out, const std::string& name, const std::string& data, u32 mode = 0100644) {
    char header[111];
    std::snprintf(header, sizeof header, "070701%08X%08X%08X%08X%08X%08X%08zX%08X%08X%08X%08X%08zX%08X", 7u, mode, 1u,
                  2u, 1u, 99u, data.size(), 0u, 0u, 5u, 6u, name.size() + 1, 0u);
    out.insert(out.end(), header, header + 110);
    out.insert(out.end(), name.begin(), name.end());
    out.push_back(0);
    while (out.size() % 4 != 0) out.push_back(0);
    out.insert(out.end(), data.begin(), data.end());
    while (out.size() % 4 != 0) out.push_back(0);
}

TEST(Cpio, ConcatenatedArchivesWithPadding) {
    Bytes a;
    append(a, "dir", "", 040755);
    append(a, "dir/file", "hello");
    append(a, "TRAILER!!!", "");
    a.resize((a.size() + 511) / 512 * 512);
    append(a, "second", "x");
    append(a, "TRAILER!!!", "");
    Parser p(a);
    Entry e;
    ASSERT_EQ(p.next(e), Parser::Step::kEntry);
    EXPECT_EQ(e.name, "dir");
    EXPECT_EQ(e.mode, 040755u);
    ASSERT_EQ(p.next(e), Parser::Step::kEntry);
    EXPECT_EQ(e.name, "dir/file");
    EXPECT_EQ(std::string(e.data.begin(), e.data.end()), "hello");
    EXPECT_EQ(e.uid, 1u);
    EXPECT_EQ(e.gid, 2u);
    EXPECT_EQ(e.mtime, 99u);
    EXPECT_EQ(e.special_major, 5u);
    EXPECT_EQ(e.special_minor, 6u);
    ASSERT_EQ(p.next(e), Parser::Step::kTrailer);
    ASSERT_EQ(p.next(e), Parser::Step::kEntry);
    EXPECT_EQ(e.name, "second");
    ASSERT_EQ(p.next(e), Parser::Step::kTrailer);
    ASSERT_EQ(p.next(e), Parser::Step::kEnd);
}

TEST(Cpio, EveryTruncationIsNamedOrClean) {
    Bytes a;
    append(a, "one", "some data here");
    append(a, "two", "more");
    append(a, "TRAILER!!!", "");
    for (usize n = 0; n < a.size(); n++) {
        Bytes cut(a.begin(), a.begin() + static_cast<long>(n));
        Parser p(cut);
        Entry e;
        Parser::Step s;
        while ((s = p.next(e)) == Parser::Step::kEntry || s == Parser::Step::kTrailer) {}
        if (s == Parser::Step::kBroken) {
            EXPECT_FALSE(p.problem().empty());
            EXPECT_LE(p.offset(), n);
        }
    }
}

TEST(Cpio, SurvivesNoise) {
    Bytes a;
    append(a, "one", "some data here");
    append(a, "TRAILER!!!", "");
    std::mt19937 random(1);
    for (int i = 0; i < 20000; i++) {
        Bytes b = a;
        for (int k = 0; k < 3; k++) b[random() % b.size()] = static_cast<u8>(random());
        Parser p(b);
        Entry e;
        for (Parser::Step s = p.next(e); s == Parser::Step::kEntry || s == Parser::Step::kTrailer; s = p.next(e)) {}
    }
}

}  // namespace
}  // namespace fs::cpio
