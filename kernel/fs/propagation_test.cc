// Shared subtrees as relations: who hears of a mount, and what becomes of slaves when their masters go.
#include "fs/propagation.h"

#include <gtest/gtest.h>

#include "base/host_names.h"

namespace fs {
namespace {

using Relation = PeerGroup::Relation;

bool all(const Propagation&, void*) { return true; }

struct Node : Propagation {
    ~Node() { make_private(); }
    void share() { make_shared(PeerGroup::create().take()); }
};

Vector<PeerGroup::Target> targets(const Propagation& on, PeerGroup::Filter filter = {all, nullptr}) {
    Vector<PeerGroup::Target> out;
    EXPECT_TRUE(PeerGroup::collect(on, filter, out).ok());
    return out;
}

TEST(Propagation, PrivateTellsNobody) {
    Node a;
    EXPECT_TRUE(targets(a).empty());
    EXPECT_EQ(a.group_id(), 0u);
}

TEST(Propagation, NumbersAreTheLowestFree) {
    Node a, b, c;
    a.share();
    b.share();
    EXPECT_EQ(a.group_id(), 1u);
    EXPECT_EQ(b.group_id(), 2u);
    a.make_private();
    c.share();
    EXPECT_EQ(c.group_id(), 1u);
}

TEST(Propagation, PeersHearEachOther) {
    Node a, b;
    a.share();
    b.join(a);
    auto t = targets(b);
    ASSERT_EQ(t.size(), 1u);
    EXPECT_EQ(t[0].mount, &a);
    EXPECT_EQ(t[0].source, PeerGroup::kOriginal);
    EXPECT_EQ(t[0].relation, Relation::kPeer);
}

TEST(Propagation, SlavesHearButAreNotHeard) {
    Node a, b;
    a.share();
    b.join(a);
    b.make_slave();
    EXPECT_EQ(b.master_id(), a.group_id());
    EXPECT_FALSE(b.shared());
    auto t = targets(a);
    ASSERT_EQ(t.size(), 1u);
    EXPECT_EQ(t[0].relation, Relation::kSlave);
    EXPECT_TRUE(targets(b).empty());
}

TEST(Propagation, SharedSlavesFormAGroupOfTheirOwn) {
    Node a, b, c, d;
    a.share();
    b.join(a);
    b.make_slave();
    b.share();
    c.join(b);  // peer of b and slave of a
    d.join(b);
    d.make_slave();  // slave of b and c
    EXPECT_EQ(c.master_id(), a.group_id());
    auto t = targets(a);
    ASSERT_EQ(t.size(), 3u);
    EXPECT_EQ(t[0].mount, &b);
    EXPECT_EQ(t[0].relation, Relation::kSharedSlave);
    EXPECT_EQ(t[1].mount, &c);
    EXPECT_EQ(t[1].source, 0u);
    EXPECT_EQ(t[1].relation, Relation::kPeer);
    EXPECT_EQ(t[2].mount, &d);
    EXPECT_EQ(t[2].source, 0u);
    EXPECT_EQ(t[2].relation, Relation::kSlave);
}

TEST(Propagation, FilteredGroupStillPassesOn) {
    Node a, b, c;
    a.share();
    b.join(a);
    b.make_slave();
    b.share();
    c.join(b);
    c.make_slave();
    auto t = targets(a, {[](const Propagation& p, void* without) { return &p != without; }, &b});
    ASSERT_EQ(t.size(), 1u);
    EXPECT_EQ(t[0].mount, &c);
    EXPECT_EQ(t[0].source, PeerGroup::kOriginal);
}

TEST(Propagation, LastPeerHandsItsSlavesToItsMaster) {
    Node a, b, c;
    a.share();
    b.join(a);
    b.make_slave();
    b.share();
    c.join(b);
    c.make_slave();
    EXPECT_EQ(c.master_id(), b.group_id());
    b.make_private();
    EXPECT_EQ(c.master_id(), a.group_id());
    a.make_private();
    EXPECT_EQ(c.master_id(), 0u);
}

TEST(Propagation, UnbindableIsPrivate) {
    Node a, b;
    a.share();
    b.join(a);
    a.make_unbindable();
    EXPECT_TRUE(a.unbindable());
    EXPECT_TRUE(targets(b).empty());
    a.share();
    EXPECT_FALSE(a.unbindable());
}

}  // namespace
}  // namespace fs
