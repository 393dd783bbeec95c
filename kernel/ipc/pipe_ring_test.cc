#include "ipc/pipe_ring.h"

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace {

struct TestPage {
    std::shared_ptr<std::array<u8, kPageSize>> memory;
    static inline int allowed = 1 << 30;  // pages that may still be made

    static Result<TestPage> create() {
        if (allowed-- <= 0) return Errno::kNOMEM;
        return TestPage{std::make_shared<std::array<u8, kPageSize>>()};
    }
    explicit operator bool() const { return memory != nullptr; }
    std::span<u8> bytes() const { return *memory; }
    TestPage share() const { return *this; }
    bool reusable() const { return memory.use_count() == 1; }
};
using Ring = ipc::PipeRing<TestPage>;

std::vector<u8> text(const std::string& s) { return {s.begin(), s.end()}; }

usize put(Ring& ring, std::span<const u8> bytes, bool packet = false) {
    vm::IoReader from = vm::IoReader::from_kernel(bytes);
    usize done = 0;
    if (!packet && ring.can_append(bytes.size() % kPageSize))
        done += ring.append(from, bytes.size() % kPageSize).value();
    while (!from.empty() && !ring.full()) done += ring.push(from, packet).value();
    return done;
}

std::vector<u8> get(Ring& ring, usize n) {
    std::vector<u8> out(n);
    vm::IoWriter to = vm::IoWriter::from_kernel(out);
    out.resize(ring.drain(to).value());
    return out;
}

TEST(PipeRing, SmallWritesShareAPage) {
    Ring ring;
    ASSERT_TRUE(ring.set_capacity(2).ok());
    EXPECT_EQ(put(ring, text("hello ")), 6u);
    EXPECT_EQ(put(ring, text("world")), 5u);
    EXPECT_EQ(ring.used(), 1u);
    EXPECT_EQ(ring.bytes(), 11u);
    EXPECT_EQ(get(ring, 8), text("hello wo"));
    EXPECT_EQ(get(ring, 8), text("rld"));
    EXPECT_TRUE(ring.empty());
}

TEST(PipeRing, FullWhenAllPagesAreUsedThoughNotFilled) {
    Ring ring;
    ASSERT_TRUE(ring.set_capacity(2).ok());
    EXPECT_EQ(put(ring, std::vector<u8>(3000)), 3000u);
    EXPECT_EQ(put(ring, std::vector<u8>(3000)), 3000u);
    EXPECT_TRUE(ring.full());
    // The last page has room for these, a third page there is not.
    EXPECT_EQ(put(ring, std::vector<u8>(1096)), 1096u);
    EXPECT_EQ(put(ring, std::vector<u8>(1)), 0u);
    // A page is free only when all of it was read.
    EXPECT_EQ(get(ring, 2999).size(), 2999u);
    EXPECT_TRUE(ring.full());
    EXPECT_EQ(get(ring, 1).size(), 1u);
    EXPECT_FALSE(ring.full());
}

TEST(PipeRing, PacketsStayApartAndLoseWhatIsNotRead) {
    Ring ring;
    ASSERT_TRUE(ring.set_capacity(4).ok());
    put(ring, text("one"), true);
    put(ring, text("two2"), true);
    EXPECT_EQ(ring.used(), 2u);
    EXPECT_EQ(get(ring, 2), text("on"));
    EXPECT_EQ(get(ring, 100), text("two2"));
    EXPECT_TRUE(ring.empty());
}

TEST(PipeRing, ChangesCapacityWithContents) {
    Ring ring;
    ASSERT_TRUE(ring.set_capacity(4).ok());
    std::vector<u8> data(3 * kPageSize);
    for (usize i = 0; i < data.size(); i++) data[i] = static_cast<u8>(i * 7);
    put(ring, std::span(data).first(2 * kPageSize));
    get(ring, kPageSize + 5);
    put(ring, std::span(data).subspan(2 * kPageSize));
    EXPECT_EQ(ring.set_capacity(1).error(), Errno::kBUSY);
    ASSERT_TRUE(ring.set_capacity(2).ok());
    EXPECT_TRUE(ring.full());
    ASSERT_TRUE(ring.set_capacity(8).ok());
    EXPECT_EQ(get(ring, data.size()), std::vector<u8>(data.begin() + kPageSize + 5, data.end()));
}

TEST(PipeRing, KeepsPagesForReuse) {
    Ring ring;
    ASSERT_TRUE(ring.set_capacity(2).ok());
    TestPage::allowed = 1;
    for (int i = 0; i < 10; i++) {
        EXPECT_EQ(put(ring, text("x")), 1u);
        EXPECT_EQ(get(ring, 1), text("x"));
    }
    const std::vector<u8> data(2 * kPageSize);
    vm::IoReader from = vm::IoReader::from_kernel(data);
    EXPECT_EQ(ring.push(from, false).value(), kPageSize);
    EXPECT_EQ(ring.push(from, false).error(), Errno::kNOMEM);
    TestPage::allowed = 1 << 30;
}

// Against a queue of bytes, with sizes around a page.
TEST(PipeRing, GivesBackWhatWasPutIn) {
    std::mt19937 random(1);
    Ring ring;
    ASSERT_TRUE(ring.set_capacity(8).ok());
    std::deque<u8> model;
    u8 next = 0;
    for (int step = 0; step < 20000; step++) {
        const usize n = random() % (random() % 4 == 0 ? 3 * kPageSize : 600) + 1;
        if (random() % 2 == 0) {
            std::vector<u8> data(n);
            for (u8& b : data) b = next++;
            const usize done = put(ring, data);
            model.insert(model.end(), data.begin(), data.begin() + static_cast<isize>(done));
            next = static_cast<u8>(next - (n - done));
        } else {
            const std::vector<u8> out = get(ring, n);
            ASSERT_EQ(out.size(), std::min(n, model.size()));
            for (u8 b : out) {
                ASSERT_EQ(b, model.front());
                model.pop_front();
            }
        }
        ASSERT_EQ(ring.bytes(), model.size());
    }
}

TEST(PipeRing, PagesMoveAndAreShared) {
    Ring from, to;
    ASSERT_TRUE(from.set_capacity(4).ok());
    ASSERT_TRUE(to.set_capacity(4).ok());
    put(from, text("one two"));
    to.push_slot(from.take_first(4));
    EXPECT_EQ(from.bytes(), 3u);
    // The shared page belongs to the ring it stays in: what is appended there is not seen here.
    EXPECT_EQ(put(from, text("!")), 1u);
    EXPECT_FALSE(to.can_append(1));
    EXPECT_EQ(put(to, text("and ")), 4u);
    EXPECT_EQ(to.used(), 2u);
    to.push_slot(from.share(0, 100));
    EXPECT_EQ(get(to, 100), text("one and two!"));
    EXPECT_EQ(get(from, 100), text("two!"));
}

TEST(PipeRing, ASharedPageIsNotUsedAgain) {
    Ring a, b;
    ASSERT_TRUE(a.set_capacity(2).ok());
    ASSERT_TRUE(b.set_capacity(2).ok());
    put(a, text("keep"));
    b.push_slot(a.share(0, 4));
    EXPECT_EQ(get(a, 4), text("keep"));
    put(a, text("over"));
    EXPECT_EQ(get(b, 4), text("keep"));
    put(b, text("abc"));
    b.consume(2);
    EXPECT_EQ(get(b, 9), text("c"));
}

}  // namespace
