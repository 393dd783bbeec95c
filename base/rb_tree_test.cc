#include "base/rb_tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <vector>

namespace {

struct Item {
    RbNode node;
    int key = 0;
    int subtree_max = 0;
};
struct Order {
    static bool less(const Item& a, const Item& b) { return a.key < b.key; }
    static void update(Item& n, Item* l, Item* r) {
        n.subtree_max = std::max({n.key, l ? l->subtree_max : n.key, r ? r->subtree_max : n.key});
    }
};
using Tree = RbTree<Item, &Item::node, Order>;

// Black height, or -1 when a rule of red-black trees is broken.
int black_height(Item* n) {
    if (n == nullptr) return 1;
    Item* l = Tree::left(*n);
    Item* r = Tree::right(*n);
    if (n->node.red && ((l && l->node.red) || (r && r->node.red))) return -1;
    int want = std::max({n->key, l ? l->subtree_max : n->key, r ? r->subtree_max : n->key});
    if (n->subtree_max != want) return -1;
    int a = black_height(l), b = black_height(r);
    if (a < 0 || a != b) return -1;
    return a + (n->node.red ? 0 : 1);
}

TEST(RbTree, AgreesWithMultisetUnderRandomInsertAndRemove) {
    for (unsigned seed = 0; seed < 20; seed++) {
        std::mt19937 random(seed);
        Tree tree;
        std::multiset<int> model;
        std::vector<Item> items(300);
        for (int step = 0; step < 3000; step++) {
            Item& item = items[random() % items.size()];
            if (Tree::linked(item)) {
                model.erase(model.find(item.key));
                tree.remove(item);
            } else {
                item.key = static_cast<int>(random() % 100);
                model.insert(item.key);
                tree.insert(item);
            }
            ASSERT_GT(black_height(tree.root()), 0) << "seed " << seed << " step " << step;
        }
        auto expected = model.begin();
        for (Item* i = tree.first(); i != nullptr; i = Tree::next(*i)) ASSERT_EQ(i->key, *expected++);
        ASSERT_EQ(expected, model.end());
        for (int key = -1; key <= 100; key++) {
            Item* found = tree.lower_bound([&](const Item& i) { return i.key < key; });
            auto want = model.lower_bound(key);
            ASSERT_EQ(found == nullptr, want == model.end());
            if (found != nullptr) {
                ASSERT_EQ(found->key, *want);
            }
        }
    }
}

TEST(RbTree, WalksBackwards) {
    Tree tree;
    std::vector<Item> items(10);
    for (int i = 0; i < 10; i++) {
        items[static_cast<size_t>(i)].key = i;
        tree.insert(items[static_cast<size_t>(i)]);
    }
    int want = 9;
    for (Item* i = tree.last(); i != nullptr; i = Tree::prev(*i)) EXPECT_EQ(i->key, want--);
    EXPECT_EQ(want, -1);
}

}  // namespace
