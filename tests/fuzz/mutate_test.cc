#include "mutate.h"

#include <gtest/gtest.h>

#include <cstring>

#include "coverage.h"

namespace fuzz {
namespace {

constexpr unsigned kCount = 40;

std::vector<Step> make(std::string_view name, u64 variant = 0) {
    std::optional<std::vector<Step>> steps = program_of(name, variant, kCount, Mode::kCrash, {});
    EXPECT_TRUE(steps.has_value()) << name;
    return steps ? std::move(*steps) : std::vector<Step>();
}

bool same(const Value& a, const Value& b) {
    return a.number == b.number && a.source == b.source && a.which == b.which && a.call == b.call;
}
bool same(const Poke& a, const Poke& b) {
    return a.address == b.address && a.size == b.size && same(a.value, b.value) && a.what == b.what &&
           (a.what != Poke::What::kText || std::strcmp(a.text, b.text) == 0);
}
bool same(const Step& a, const Step& b) {
    const auto same_value = [](const Value& x, const Value& y) { return same(x, y); };
    const auto same_poke = [](const Poke& x, const Poke& y) { return same(x, y); };
    return a.call == b.call && a.used == b.used &&
           std::equal(a.arguments.begin(), a.arguments.end(), b.arguments.begin(), same_value) &&
           std::equal(a.pokes.begin(), a.pokes.end(), b.pokes.begin(), b.pokes.end(), same_poke);
}
bool same(const std::vector<Step>& a, const std::vector<Step>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Step& x, const Step& y) { return same(x, y); });
}

/// Results come from earlier steps, and from steps that make something.
void check_values(const std::vector<Step>& steps, std::string_view name) {
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const auto check = [&](const Value& value) {
            if (value.source != Source::kResult) return;
            ASSERT_LT(value.call, i) << name;
            EXPECT_NE(steps[value.call].call->makes, kNone) << name;
        };
        for (const Value& value : steps[i].arguments) check(value);
        for (const Poke& poke : steps[i].pokes) check(poke.value);
    }
}

std::string long_name() {
    std::string name = "1";
    for (int i = 2; i < 60; ++i) {
        name += '+' + std::to_string(i);
        if (i % 10 == 0) name += '_' + std::to_string(i) + "+3x" + std::to_string(i);
    }
    return name;
}

TEST(Names, ASeedIsItsProgram) { EXPECT_TRUE(same(make("17"), generate(17, kCount, Mode::kCrash, {}))); }

TEST(Names, TheSameNameIsTheSameProgram) {
    for (const char* name : {"1", "5012+77+3", "7+1_8x2+3", "1_2_3x4x5"}) {
        EXPECT_TRUE(same(make(name), make(name))) << name;
        EXPECT_TRUE(same(make(name, 2), make(name, 2))) << name;
        EXPECT_FALSE(same(make(name), make(name, 1))) << name;
    }
    EXPECT_TRUE(same(make(long_name()), make(long_name())));
}

TEST(Names, EachPartMatters) {
    const std::vector<Step> program = make("7+1_8x2+3");
    for (const char* other : {"7+1_8x2+4", "7+1_8x3+3", "7+1_9x2+3", "7+2_8x2+3", "6+1_8x2+3", "7+1_8x2"})
        EXPECT_FALSE(same(program, make(other))) << other;
}

TEST(Names, WhatIsNoName) {
    for (const char* name : {"", "+1", "1+", "1+x", "x1", "1x2", "1_2", "1_2x", "1 2", "1*2", "99999999999999999999"})
        EXPECT_FALSE(program_of(name, 0, kCount, Mode::kCrash, {}).has_value()) << name;
}

TEST(Mutations, KeepResultsInOrder) {
    for (unsigned seed = 1; seed < 300; ++seed) {
        const std::string name = std::to_string(seed) + "+" + std::to_string(seed) + "_4+1x9+2+3";
        check_values(make(name), name);
    }
    check_values(make(long_name()), "long");
}

TEST(Mutations, StayWithinBounds) {
    std::vector<Step> steps = generate(1, 3, Mode::kCrash, {});
    bool grew = false;
    for (unsigned seed = 0; seed < 2000; ++seed) {
        steps = mutate(steps, seed, Mode::kCrash, {});
        ASSERT_FALSE(steps.empty());
        ASSERT_LE(steps.size(), kMostSteps);
        grew = grew || steps.size() > 100;
    }
    EXPECT_TRUE(grew);
    EXPECT_LE(splice(steps, steps, 1).size(), kMostSteps);
}

TEST(Mutations, OnlyOfTheCallsThatAreWanted) {
    const std::vector<unsigned> calls{0, 1, 3};  // read, write, close
    const auto program = program_of("1+2+3+4+5_6x7+8", 0, kCount, Mode::kCrash, calls);
    ASSERT_TRUE(program);
    for (const Step& step : *program) {
        EXPECT_TRUE(step.call->number == 0 || step.call->number == 1 || step.call->number == 3) << step.call->number;
    }
}

TEST(Coverage, Ranges) {
    EXPECT_EQ(ranges_of({}), "-");
    EXPECT_EQ(ranges_of({4}), "4");
    EXPECT_EQ(ranges_of({0, 1, 2, 5, 7, 8}), "0-2,5,7-8");
}

}  // namespace
}  // namespace fuzz
