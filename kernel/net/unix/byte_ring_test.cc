#include <gtest/gtest.h>

#include "net/unix/byte_ring.h"

#include <deque>
#include <memory>
#include <random>
#include <vector>

namespace {

struct TestPage {
    std::unique_ptr<std::array<u8, kPageSize>> memory;
    static inline int allowed = 1 << 30;  // pages that may still be made

    static Result<TestPage> create() {
        if (allowed-- <= 0) return Errno::kNOMEM;
        return TestPage{std::make_unique<std::array<u8, kPageSize>>()};
    }
    explicit operator bool() const { return memory != nullptr; }
    std::span<u8> bytes() const { return *memory; }
};
using Ring = net::ByteRing<TestPage>;

Result<usize> put(Ring& ring, std::span<const u8> bytes, usize limit) {
    vm::IoReader from = vm::IoReader::from_kernel(bytes);
    return ring.put(from, limit);
}

std::vector<u8> look(Ring& ring, usize skip, usize n) {
    std::vector<u8> out(n);
    vm::IoWriter to = vm::IoWriter::from_kernel(out);
    out.resize(ring.copy_out(skip, n, to).value());
    return out;
}

TEST(ByteRing, StopsAtTheLimit) {
    Ring ring;
    EXPECT_EQ(put(ring, std::vector<u8>(6000), 5000).value(), 5000u);
    EXPECT_EQ(put(ring, std::vector<u8>(1), 5000).value(), 0u);
    ring.drop(4999);
    EXPECT_EQ(ring.used(), 1u);
    EXPECT_EQ(put(ring, std::vector<u8>(6000), 5000).value(), 4999u);
}

TEST(ByteRing, ShortMessagesAllocateOnePage) {
    Ring ring;
    TestPage::allowed = 1;
    for (int i = 0; i < 10000; i++) {
        EXPECT_EQ(put(ring, std::vector<u8>(7, 1), 5000).value(), 7u);
        ring.drop(7);
    }
    EXPECT_EQ(put(ring, std::vector<u8>(3 * kPageSize), 1 << 20).value(), kPageSize);
    EXPECT_EQ(put(ring, std::vector<u8>(1), 1 << 20).error(), Errno::kNOMEM);
    TestPage::allowed = 1 << 30;
}

// Against a queue of bytes, with sizes around a page and looks from the middle.
TEST(ByteRing, GivesBackWhatWasPutIn) {
    std::mt19937 random(1);
    Ring ring;
    std::deque<u8> model;
    u8 next = 0;
    for (int step = 0; step < 20000; step++) {
        const usize n = random() % (random() % 4 == 0 ? 3 * kPageSize : 600) + 1;
        if (random() % 2 == 0) {
            std::vector<u8> data(n);
            for (u8& b : data) b = next++;
            const usize done = put(ring, data, 40000).value();
            ASSERT_EQ(done, std::min<usize>(n, 40000 - model.size()));
            model.insert(model.end(), data.begin(), data.begin() + static_cast<isize>(done));
            next = static_cast<u8>(next - (n - done));
        } else {
            const usize skip = random() % (model.size() + 1);
            const std::vector<u8> seen = look(ring, skip, n);
            ASSERT_EQ(seen, std::vector<u8>(model.begin() + static_cast<isize>(skip),
                                            model.begin() + static_cast<isize>(std::min(model.size(), skip + n))));
            const usize gone = std::min(n, model.size());
            ring.drop(gone);
            model.erase(model.begin(), model.begin() + static_cast<isize>(gone));
        }
        ASSERT_EQ(ring.used(), model.size());
    }
}

}  // namespace
