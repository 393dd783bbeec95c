// security.capability: its three layouts, and what is none of them.
#include <gtest/gtest.h>

#include "process/file_capabilities.h"

#include <vector>

#include "base/host_names.h"

namespace process {
namespace {

std::vector<u8> words(std::initializer_list<u32> list) {
    std::vector<u8> bytes;
    for (u32 w : list) {
        for (int i = 0; i < 4; i++) bytes.push_back(static_cast<u8>(w >> (8 * i)));
    }
    return bytes;
}

TEST(FileCapabilities, RevisionTwo) {
    const auto c = decode_capabilities(words({0x02000001, 0x400, 0x2000, 0x80, 0}));
    ASSERT_TRUE(c.ok());
    EXPECT_TRUE(c.value().effective);
    EXPECT_EQ(c.value().permitted.bits, (u64{0x80} << 32) | 0x400);
    EXPECT_EQ(c.value().inheritable.bits, 0x2000u);
}

TEST(FileCapabilities, RevisionsOneAndThree) {
    EXPECT_EQ(decode_capabilities(words({0x01000000, 1, 2})).value().permitted.bits, 1u);
    EXPECT_EQ(decode_capabilities(words({0x03000000, 1, 0, 0, 0, 1000})).value().root, 1000u);
    EXPECT_FALSE(settable_capabilities(words({0x01000000, 1, 2})));
    EXPECT_TRUE(settable_capabilities(words({0x03000000, 1, 0, 0, 0, 0})));
}

TEST(FileCapabilities, UnknownBitsAreDropped) {
    const auto c = decode_capabilities(words({0x02000000, ~0u, 0, ~0u, 0}));
    EXPECT_EQ(c.value().permitted, object::CapabilitySet::all());
}

TEST(FileCapabilities, Malformed) {
    EXPECT_FALSE(decode_capabilities({}).ok());
    EXPECT_FALSE(decode_capabilities(words({0x02000000, 0, 0, 0})).ok());
    EXPECT_FALSE(decode_capabilities(words({0x02000000, 0, 0, 0, 0, 0})).ok());
    EXPECT_FALSE(decode_capabilities(words({0x04000000, 0, 0, 0, 0})).ok());
}

}  // namespace
}  // namespace process
