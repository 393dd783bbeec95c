#include <gtest/gtest.h>

#include "base/bitmap.h"
#include "base/bytes.h"
#include "base/duration.h"
#include "base/format.h"
#include "base/hash_table.h"
#include "base/own.h"
#include "base/ref.h"
#include "base/string.h"

namespace {

template <typename... Args>
std::string formatted(base::FormatString<std::type_identity_t<Args>...> f, const Args&... args) {
    FixedString<200> out;
    base::format_to(out, f, args...);
    return std::string(out.view());
}

TEST(Format, PrintsEveryKind) {
    EXPECT_EQ(formatted("plain"), "plain");
    EXPECT_EQ(formatted("{} {} {}", -5, 7u, "text"), "-5 7 text");
    EXPECT_EQ(formatted("{:x} {:#x} {:08x} {:X}", 255, 255, 255, 255), "ff 0xff 000000ff FF");
    EXPECT_EQ(formatted("[{:>5}] [{:<5}] [{:5}] [{:5}]", 1, 1, 1, "a"), "[    1] [1    ] [    1] [a    ]");
    EXPECT_EQ(formatted("{{}} {}", true), "{} true");
    EXPECT_EQ(formatted("{} {}", Errno::kNOENT, 'c'), "ENOENT c");
    EXPECT_EQ(formatted("{}", std::numeric_limits<i64>::min()), "-9223372036854775808");
    EXPECT_EQ(formatted("{}", PhysAddr(0x1000)), "0x1000");
    EXPECT_EQ(formatted("{:o} {:b}", 8, 5), "10 101");
}

struct Counted : RefCounted<Counted> {
    explicit Counted(int& alive) : alive_(alive) { alive_++; }
    virtual ~Counted() { alive_--; }
    int& alive_;
};
struct Derived : Counted {
    using Counted::Counted;
};

TEST(Ref, CountsAndConverts) {
    int alive = 0;
    {
        Ref<Derived> d = make_ref<Derived>(alive).take();
        Ref<Counted> c = d;
        EXPECT_EQ(c->ref_count(), 2u);
        OptRef<Counted> o = c;
        EXPECT_EQ(c->ref_count(), 3u);
        o.reset();
        Ref<Counted> moved = std::move(c);
        EXPECT_EQ(moved->ref_count(), 2u);
        EXPECT_EQ(alive, 1);
    }
    EXPECT_EQ(alive, 0);
}

TEST(Own, DestroysThroughTheBase) {
    int alive = 0;
    { Own<Counted> o = make_own<Derived>(alive).take(); }
    EXPECT_EQ(alive, 0);
}

Result<int> half(int x) {
    if (x % 2 != 0) return Errno::kINVAL;
    return x / 2;
}
Result<int> quarter(int x) { return TRY(half(TRY(half(x)))); }

TEST(Result, TryPassesErrorsOn) {
    EXPECT_EQ(quarter(8).take(), 2);
    EXPECT_EQ(quarter(6).error(), Errno::kINVAL);
    Result<Ref<Counted>> r = Errno::kNOMEM;
    EXPECT_FALSE(r.ok());
    static_assert(std::is_trivially_copyable_v<Result<i64>>);
    static_assert(sizeof(Result<i64>) == 16);
}

TEST(Vector, GrowsErasesAndMoves) {
    Vector<String> v;
    for (int i = 0; i < 100; i++) ASSERT_TRUE(v.try_push(String::create("x").take()).ok());
    v.erase(0);
    EXPECT_EQ(v.size(), 99u);
    Vector<String> w = std::move(v);
    EXPECT_EQ(v.size(), 0u);
    EXPECT_EQ(w[98].view(), "x");
}

TEST(String, AppendsAndEndsWithNul) {
    String s = String::create("ab").take();
    ASSERT_TRUE(s.try_append("cd").ok());
    EXPECT_STREQ(s.c_str(), "abcd");
    EXPECT_EQ(s.size(), 4u);
}

TEST(FixedString, CutsAndSaysSo) {
    FixedString<3> s("abcd");
    EXPECT_EQ(s.view(), "abc");
    EXPECT_TRUE(s.cut());
}

TEST(Bitmap, FindsSetAndClearBits) {
    Bitmap<130> b;
    EXPECT_EQ(b.find_set(), Bitmap<130>::kNone);
    b.set(129);
    EXPECT_EQ(b.find_set(), 129u);
    for (usize i = 0; i < 130; i++) b.set(i);
    EXPECT_EQ(b.find_clear(), Bitmap<130>::kNone);
    b.clear(64);
    EXPECT_EQ(b.find_clear(1), 64u);
    EXPECT_EQ(b.count(), 129u);
}

TEST(Bytes, RefusesToReadOutside) {
    std::array<u8, 6> data{1, 2, 3, 4, 5, 6};
    EXPECT_EQ(base::read_at<u16>(data, 4).take(), 0x0605);
    EXPECT_FALSE(base::read_at<u32>(data, 3).ok());
    EXPECT_FALSE(base::read_at<u32>(data, ~u64{0}).ok());
    EXPECT_FALSE(base::slice(data, 2, ~u64{0}).ok());
}

TEST(Duration, Saturates) {
    EXPECT_EQ(Duration::forever() + Duration::seconds(1), Duration::forever());
    EXPECT_EQ((Instant::never() + Duration::seconds(1)), Instant::never());
    EXPECT_EQ(Duration::seconds(std::numeric_limits<i64>::max()), Duration::forever());
}

struct Entry {
    ListNode node;
    int key;
};
TEST(HashTable, FindsInsertsRemoves) {
    HashTable<Entry, &Entry::node, 8> table;
    std::array<Entry, 50> entries{};
    for (int i = 0; i < 50; i++) {
        entries[static_cast<usize>(i)].key = i;
        table.insert(entries[static_cast<usize>(i)], base::hash_u64(static_cast<u64>(i)));
    }
    auto find = [&](int k) {
        return table.find(base::hash_u64(static_cast<u64>(k)), [&](const Entry& e) { return e.key == k; });
    };
    EXPECT_EQ(find(7), &entries[7]);
    table.remove(entries[7]);
    EXPECT_EQ(find(7), nullptr);
}

TEST(IntrusiveList, SplicesAndAllowsRemovalWhileWalking) {
    IntrusiveList<Entry, &Entry::node> a, b;
    std::array<Entry, 6> e{};
    for (int i = 0; i < 6; i++) {
        e[static_cast<usize>(i)].key = i;
        (i < 3 ? a : b).push_back(e[static_cast<usize>(i)]);
    }
    a.splice_back(b);
    EXPECT_TRUE(b.empty());
    int want = 0;
    for (Entry& x : a) {
        EXPECT_EQ(x.key, want++);
        a.remove(x);
    }
    EXPECT_EQ(want, 6);
    EXPECT_TRUE(a.empty());
}

}  // namespace
