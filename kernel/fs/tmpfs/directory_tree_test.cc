#include "fs/tmpfs/directory_tree.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>

#include "fs/path_parser.h"

namespace fs::tmpfs {
namespace {

using Tree = DirectoryTree<int>;

void add(Tree& t, const std::string& name, int value) { t.insert(must(Tree::prepare(name_key(name), value), "entry")); }

TEST(DirectoryTree, AgreesWithAMap) {
    std::mt19937 random(7);
    Tree tree;
    std::map<std::string, int> model;
    for (int i = 0; i < 20000; i++) {
        std::string name(random() % 60 + 1, static_cast<char>('a' + random() % 3));
        name += std::to_string(random() % 50);
        auto* e = tree.find(name_key(name));
        ASSERT_EQ(e != nullptr, model.count(name) == 1);
        if (e != nullptr) {
            ASSERT_EQ(e->value, model[name]);
            tree.remove(*e);
            model.erase(name);
        } else {
            add(tree, name, i);
            model[name] = i;
        }
        ASSERT_EQ(tree.size(), model.size());
    }
}

TEST(DirectoryTree, ListingSurvivesChanges) {
    Tree tree;
    for (int i = 0; i < 100; i++) add(tree, "stay" + std::to_string(i), i);
    for (int i = 0; i < 100; i++) add(tree, "go" + std::to_string(i), i);
    std::multiset<std::string> seen;
    u64 cookie = Tree::kFirstCookie;
    for (int step = 0;; step++) {
        auto* e = tree.at_or_after(cookie);
        if (e == nullptr) break;
        cookie = e->cookie + 1;
        seen.insert(std::string(e->name.view()));
        if (auto* gone = tree.find(name_key("go" + std::to_string(step % 100)))) tree.remove(*gone);
        if (step < 50) add(tree, "new" + std::to_string(step), step);
    }
    for (int i = 0; i < 100; i++) EXPECT_EQ(seen.count("stay" + std::to_string(i)), 1u);
    for (const auto& name : seen) EXPECT_EQ(seen.count(name), 1u) << name;
}

}  // namespace
}  // namespace fs::tmpfs
