#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "process/classic_bpf.h"

namespace process::bpf {
namespace {

using Program = std::vector<abi::sock_filter>;
constexpr u16 kLoad = abi::BPF_LD | abi::BPF_W | abi::BPF_ABS, kReturn = abi::BPF_RET | abi::BPF_K,
              kReturnA = abi::BPF_RET | abi::BPF_A, kEqual = abi::BPF_JMP | abi::BPF_JEQ | abi::BPF_K;

TEST(ClassicBpf, AllowsByNumber) {
    const Program p = {{kLoad, 0, 0, 0}, {kEqual, 0, 1, 39}, {kReturn, 0, 0, 7}, {kReturn, 0, 0, 8}};
    ASSERT_TRUE(is_valid(p));
    EXPECT_EQ(run(p, {.nr = 39}), 7u);
    EXPECT_EQ(run(p, {.nr = 40}), 8u);
}

TEST(ClassicBpf, ArithmeticAndScratch) {
    const Program p = {{abi::BPF_LD | abi::BPF_IMM, 0, 0, 100},
                       {abi::BPF_ST, 0, 0, 3},
                       {abi::BPF_LDX | abi::BPF_MEM, 0, 0, 3},
                       {abi::BPF_ALU | abi::BPF_ADD | abi::BPF_X, 0, 0, 0},
                       {abi::BPF_ALU | abi::BPF_DIV | abi::BPF_K, 0, 0, 8},
                       {abi::BPF_ALU | abi::BPF_NEG, 0, 0, 0},
                       {kReturnA, 0, 0, 0}};
    ASSERT_TRUE(is_valid(p));
    EXPECT_EQ(run(p, {}), 0u - 25u);
}

TEST(ClassicBpf, RefusesWhatCouldLeaveTheProgramOrTheData) {
    EXPECT_FALSE(is_valid({}));
    EXPECT_FALSE(is_valid(Program{{kLoad, 0, 0, 0}}));                                           // no return
    EXPECT_FALSE(is_valid(Program{{kLoad, 0, 0, 64}, {kReturn, 0, 0, 0}}));                      // beyond the data
    EXPECT_FALSE(is_valid(Program{{kLoad, 0, 0, 2}, {kReturn, 0, 0, 0}}));                       // not aligned
    EXPECT_FALSE(is_valid(Program{{kEqual, 1, 0, 0}, {kReturn, 0, 0, 0}}));                      // jumps out
    EXPECT_FALSE(is_valid(Program{{abi::BPF_JMP, 0, 0, 1}, {kReturn, 0, 0, 0}}));                // the same
    EXPECT_FALSE(is_valid(Program{{abi::BPF_LD | abi::BPF_MEM, 0, 0, 1}, {kReturn, 0, 0, 0}}));  // never written
    EXPECT_FALSE(is_valid(Program{{abi::BPF_ALU | abi::BPF_DIV, 0, 0, 0}, {kReturn, 0, 0, 0}}));
    EXPECT_FALSE(is_valid(Program{{abi::BPF_ST, 0, 0, 16}, {kReturn, 0, 0, 0}}));
}

// Whatever passes the check runs without leaving its arrays: the sanitizers and checked spans watch.
TEST(ClassicBpf, RandomProgramsThatPassRun) {
    std::mt19937 random(1);
    u32 passed = 0;
    for (int round = 0; round < 200'000; round++) {
        Program p(1 + random() % 6);
        for (abi::sock_filter& i : p) {
            i = {static_cast<u16>(random() % 0x100), static_cast<u8>(random() % 4), static_cast<u8>(random() % 4),
                 static_cast<u32>(random() % 70)};
        }
        p.back().code = kReturnA;
        if (!is_valid(p)) continue;
        passed++;
        abi::seccomp_data data{.nr = static_cast<i32>(random())};
        (void)run(p, data);
    }
    EXPECT_GT(passed, 100u);
}

}  // namespace
}  // namespace process::bpf
