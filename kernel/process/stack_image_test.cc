#include <gtest/gtest.h>  // first: the ABI headers take back its macros

#include "process/stack_image.h"

namespace process {
namespace {

TEST(StackImage, LaysOutWhatTheAbiSays) {
    const u32 argv[] = {3, 5}, envp[] = {7};
    const AuxEntry aux[] = {{abi::AT_PAGESZ, 4096}};
    auto built = build_stack({.strings = 0x7fff0000f001, .argv_lengths = argv, .envp_lengths = envp}, 100, aux);
    ASSERT_TRUE(built.ok());
    StackLayout& s = *built;
    EXPECT_EQ(s.stack_pointer % 16, 0u);
    EXPECT_LE(s.stack_pointer + s.words.size() * 8, s.random);
    EXPECT_LT(s.random + 16, s.platform + 1);
    EXPECT_LE(s.platform + kPlatform.size(), 0x7fff0000f001u - 100);
    EXPECT_EQ(s.words[0], 2u);
    EXPECT_EQ(s.words[1], 0x7fff0000f001u);
    EXPECT_EQ(s.words[2], 0x7fff0000f004u);
    EXPECT_EQ(s.words[3], 0u);
    EXPECT_EQ(s.words[4], 0x7fff0000f009u);
    EXPECT_EQ(s.words[5], 0u);
    EXPECT_EQ(s.auxv, s.stack_pointer + 6 * 8);
    EXPECT_EQ(s.words[6], static_cast<u64>(abi::AT_PAGESZ));
    EXPECT_EQ(s.words[s.words.size() - 2], 0u);
    EXPECT_EQ(s.arg_end, 0x7fff0000f009u);
    EXPECT_EQ(s.env_end, 0x7fff0000f010u);
}

TEST(StackImage, AlignedForAnyCounts) {
    for (usize argc = 0; argc < 5; argc++) {
        for (usize envc = 0; envc < 5; envc++) {
            const u32 lengths[8] = {1, 1, 1, 1, 1, 1, 1, 1};
            auto built = build_stack({.strings = 0x7ffffff0,
                                      .argv_lengths = std::span(lengths).first(argc),
                                      .envp_lengths = std::span(lengths).first(envc)},
                                     argc * 7, {});
            ASSERT_TRUE(built.ok());
            EXPECT_EQ(built->stack_pointer % 16, 0u);
            EXPECT_LE(built->stack_pointer + built->words.size() * 8, built->random);
        }
    }
}

}  // namespace
}  // namespace process
