#include <gtest/gtest.h>

#include "net/control.h"

#include <vector>

namespace {

void add(std::vector<u8>& to, u64 length, i32 level, i32 type, usize data) {
    const usize at = to.size();
    to.resize(at + net::align_control(sizeof(abi::cmsghdr) + data));
    ASSERT_TRUE(base::write_at(to, at, abi::cmsghdr{length, level, type}).ok());
}

TEST(ControlReader, WalksItems) {
    std::vector<u8> buffer;
    add(buffer, 20, 1, 1, 4);
    add(buffer, 28, 1, 2, 12);
    net::ControlReader reader(buffer);
    const auto first = reader.next();
    ASSERT_TRUE(first.ok() && first.value().has_value());
    EXPECT_EQ(first.value()->data.size(), 4u);
    const auto second = reader.next();
    ASSERT_TRUE(second.ok() && second.value().has_value());
    EXPECT_EQ(second.value()->type, 2);
    EXPECT_EQ(second.value()->data.size(), 12u);
    EXPECT_FALSE(reader.next().value().has_value());
}

TEST(ControlReader, TheLastItemNeedsNoPadding) {
    std::vector<u8> buffer;
    add(buffer, 20, 1, 1, 4);
    buffer.resize(20);
    net::ControlReader reader(buffer);
    EXPECT_TRUE(reader.next().value().has_value());
    EXPECT_FALSE(reader.next().value().has_value());
}

TEST(ControlReader, RefusesLengthsThatDoNotFit) {
    for (u64 length : {u64{0}, u64{15}, u64{25}, ~u64{0}}) {
        std::vector<u8> buffer;
        add(buffer, length, 1, 1, 8);
        EXPECT_EQ(net::ControlReader(buffer).next().error(), Errno::kINVAL) << length;
    }
    const std::vector<u8> few(15);
    EXPECT_FALSE(net::ControlReader(few).next().value().has_value());
}

}  // namespace
