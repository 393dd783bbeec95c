#include <gtest/gtest.h>

#include <initializer_list>
#include <random>
#include <set>
#include <vector>

#include "base/bytes.h"
#include "fs/acl.h"

namespace fs {
namespace {

using Entry = abi::posix_acl_xattr_entry;
using Bytes = std::vector<u8>;
constexpr u32 kNone = abi::ACL_UNDEFINED_ID;

Bytes value(std::initializer_list<Entry> entries, u32 version = abi::POSIX_ACL_XATTR_VERSION) {
    Bytes bytes(4 + 8 * entries.size());
    EXPECT_TRUE(base::write_at(std::span<u8>(bytes), 0, version).ok());
    usize at = 4;
    for (const Entry& e : entries) {
        EXPECT_TRUE(base::write_at(std::span<u8>(bytes), at, e).ok());
        at += sizeof e;
    }
    return bytes;
}

Acl acl(std::initializer_list<Entry> entries) {
    Result<Acl> parsed = Acl::parse(value(entries));
    EXPECT_TRUE(parsed.ok());
    return parsed.take();
}

Bytes stored(const Acl& acl) {
    Bytes bytes(acl.store({}).value());
    EXPECT_EQ(acl.store(bytes).value(), bytes.size());
    return bytes;
}

struct Who {
    u32 fsuid;
    std::set<u32> groups;
    bool in_group(u32 g) const { return groups.contains(g); }
};

// Owner rwx, user 10 rwx, user 11 r, group r, group 20 w, group 21 none, mask rw, others x.
Acl sample() {
    return acl({{abi::ACL_USER_OBJ, 7, kNone},
                {abi::ACL_USER, 7, 10},
                {abi::ACL_USER, 4, 11},
                {abi::ACL_GROUP_OBJ, 4, kNone},
                {abi::ACL_GROUP, 2, 20},
                {abi::ACL_GROUP, 0, 21},
                {abi::ACL_MASK, 6, kNone},
                {abi::ACL_OTHER, 1, kNone}});
}

TEST(Acl, ValueComesBack) {
    EXPECT_EQ(stored(sample()), stored(sample().copy().take()));
    EXPECT_EQ(stored(sample()).size(), 4u + 8 * 8);
    Bytes small(67);
    EXPECT_EQ(sample().store(small).error(), Errno::kRANGE);
}

TEST(Acl, NoEntriesIsNoList) {
    EXPECT_TRUE(Acl::parse({}).value().empty());
    EXPECT_TRUE(Acl::parse(value({})).value().empty());
}

TEST(Acl, BadValues) {
    EXPECT_EQ(Acl::parse(value({}, 1)).error(), Errno::kOPNOTSUPP);
    EXPECT_EQ(Acl::parse(value({{64, 7, 0}})).error(), Errno::kINVAL);
    EXPECT_EQ(Acl::parse(value({{abi::ACL_USER, 7, kNone}})).error(), Errno::kINVAL);
    const Bytes whole = value({{abi::ACL_USER_OBJ, 7, kNone}});
    for (usize n = 1; n < whole.size(); n++) {
        if (n != 4) EXPECT_EQ(Acl::parse(std::span(whole).first(n)).error(), Errno::kINVAL) << n;
    }
}

TEST(Acl, NoiseIsRefusedOrComesBack) {
    std::mt19937 random(1);
    for (int i = 0; i < 100'000; i++) {
        Bytes bytes(random() % 40);
        for (u8& b : bytes) b = static_cast<u8>(random() % 5 != 0 ? 1u << random() % 8 : random());
        if (bytes.size() >= 4) EXPECT_TRUE(base::write_at(std::span<u8>(bytes), 0, u32{2}).ok());
        Result<Acl> parsed = Acl::parse(bytes);
        if (!parsed.ok() || parsed.value().empty() || !parsed.value().check().ok()) continue;
        EXPECT_EQ(stored(parsed.value()).size(), bytes.size());
        EXPECT_LE(parsed.value().mode(), 0777u);
    }
}

TEST(Acl, Check) {
    const Entry owner{abi::ACL_USER_OBJ, 6, kNone}, user{abi::ACL_USER, 6, 1}, group{abi::ACL_GROUP_OBJ, 4, kNone},
        named{abi::ACL_GROUP, 4, 1}, mask{abi::ACL_MASK, 4, kNone}, other{abi::ACL_OTHER, 0, kNone};
    EXPECT_TRUE(acl({owner, group, other}).check().ok());
    EXPECT_TRUE(acl({owner, group, mask, other}).check().ok());
    EXPECT_TRUE(acl({owner, user, group, named, mask, other}).check().ok());
    EXPECT_FALSE(acl({owner, group}).check().ok());
    EXPECT_FALSE(acl({group, other}).check().ok());
    EXPECT_FALSE(acl({owner, other}).check().ok());
    EXPECT_FALSE(acl({owner, user, group, other}).check().ok());
    EXPECT_FALSE(acl({owner, group, named, other}).check().ok());
    EXPECT_FALSE(acl({owner, group, user, mask, other}).check().ok());
    EXPECT_FALSE(acl({owner, owner, group, other}).check().ok());
    EXPECT_FALSE(acl({owner, group, mask, mask, other}).check().ok());
    EXPECT_FALSE(acl({owner, group, other, other}).check().ok());
    EXPECT_FALSE(acl({owner, group, {abi::ACL_OTHER, 8, kNone}}).check().ok());
}

TEST(Acl, Grants) {
    const Acl a = sample();
    EXPECT_TRUE(a.grants(Who{10, {}}, 5, 6));
    EXPECT_FALSE(a.grants(Who{10, {}}, 5, 1)) << "the mask";
    EXPECT_FALSE(a.grants(Who{11, {20}}, 5, 2)) << "a user's entry hides those of groups";
    EXPECT_TRUE(a.grants(Who{12, {5}}, 5, 4));
    EXPECT_TRUE(a.grants(Who{12, {5, 20}}, 5, 2)) << "one of the groups is enough";
    EXPECT_FALSE(a.grants(Who{12, {5, 20}}, 5, 6)) << "no one group has both";
    EXPECT_FALSE(a.grants(Who{12, {21}}, 5, 1)) << "a group's entry hides the others'";
    EXPECT_TRUE(a.grants(Who{12, {}}, 5, 1)) << "the mask is not for others";
    EXPECT_FALSE(a.grants(Who{12, {}}, 5, 4));
}

TEST(Acl, Modes) {
    Acl a = sample();
    EXPECT_EQ(a.mode(), 0761u);
    EXPECT_FALSE(a.only_mode());
    a.set_mode(0640);
    EXPECT_EQ(a.mode(), 0640u);
    EXPECT_TRUE(a.grants(Who{12, {5}}, 5, 4)) << "the group's own entry stays";
    EXPECT_FALSE(a.grants(Who{10, {}}, 5, 2)) << "the mask is what changed";

    Acl plain = acl({{abi::ACL_USER_OBJ, 7, kNone}, {abi::ACL_GROUP_OBJ, 5, kNone}, {abi::ACL_OTHER, 5, kNone}});
    EXPECT_TRUE(plain.only_mode());
    EXPECT_EQ(plain.limit(0666), 0644u);
    EXPECT_EQ(sample().limit(0170000 | 0600), 0600u);
}

}  // namespace
}  // namespace fs
