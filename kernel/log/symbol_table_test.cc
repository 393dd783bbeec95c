#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "base/host_names.h"
#include "log/symbol_table.h"

namespace {
std::vector<u8> table() {
    std::vector<u8> t;
    auto put = [&](const void* p, usize n) {
        t.insert(t.end(), static_cast<const u8*>(p), static_cast<const u8*>(p) + n);
    };
    const u64 count = 3;
    put(&count, 8);
    const u32 entries[] = {0x100, 0, 0x200, 6, 0x300, 9};
    put(entries, sizeof(entries));
    put("first\0go\0last", 14);
    return t;
}

TEST(SymbolTable, FindsTheFunctionThatHoldsAnAddress) {
    const auto t = table();
    EXPECT_EQ(log::find_in_table(t, 0x100).name, "first");
    EXPECT_EQ(log::find_in_table(t, 0x1ff).offset, 0xffu);
    EXPECT_EQ(log::find_in_table(t, 0x200).name, "go");
    EXPECT_EQ(log::find_in_table(t, 0x12345).name, "last");
    EXPECT_EQ(log::find_in_table(t, 0xff).name, "");
}

TEST(SymbolTable, ADamagedTableGivesNoName) {
    auto t = table();
    for (usize cut = 0; cut < t.size(); cut++) {
        std::vector<u8> part(t.begin(), t.begin() + static_cast<long>(cut));
        (void)log::find_in_table(part, 0x250);  // no bad read: the sanitizer watches
    }
    t[7] = 0xff;
    EXPECT_EQ(log::find_in_table(t, 0x250).name, "");
}
}  // namespace
