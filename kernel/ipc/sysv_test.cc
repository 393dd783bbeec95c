#include <gtest/gtest.h>

#include "ipc/sysv.h"

namespace {

struct Thing : RefCounted<Thing> {
    explicit Thing(i32 key) { permissions.key = key; }
    ipc::SysvPermissions permissions;
};
using Table = ipc::SysvTable<Thing>;

i32 add(Table& table, i32 key) {
    Ref<Thing> t = must(make_ref<Thing>(key), "thing");
    EXPECT_TRUE(table.add(t, 1000).ok());
    return t->permissions.id;
}

TEST(SysvTable, NumbersAreNotUsedAgainSoon) {
    Table table;
    const i32 first = add(table, 1);
    table.remove(*must(table.find(first), "first"));
    EXPECT_FALSE(table.find(first).ok());
    for (int i = 0; i < 300; i++) {
        const i32 id = add(table, 2);
        EXPECT_NE(id, first);
        table.remove(*must(table.find(id), "there"));
    }
    EXPECT_EQ(table.size(), 0u);
}

TEST(SysvTable, FindsByKeyNumberAndPlace) {
    Table table;
    for (i32 key = 1; key <= 200; key++) add(table, key);
    EXPECT_EQ(table.size(), 200u);
    Thing* t = table.find_key(150);
    ASSERT_NE(t, nullptr);
    EXPECT_EQ(must(table.find(t->permissions.id), "number"), t);
    EXPECT_EQ(table.find_key(201), nullptr);
    EXPECT_FALSE(table.find(-1).ok());
    EXPECT_EQ(table.greatest(), 199);
    EXPECT_EQ(table.at_place(5)->permissions.key, 6);
}

TEST(SysvTable, Full) {
    Table table;
    Ref<Thing> a = must(make_ref<Thing>(1), "a");
    Ref<Thing> b = must(make_ref<Thing>(2), "b");
    EXPECT_TRUE(table.add(a, 1).ok());
    EXPECT_FALSE(table.add(b, 1).ok());
}

}  // namespace
