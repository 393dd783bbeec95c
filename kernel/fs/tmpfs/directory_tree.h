// DirectoryTree: the names of one directory in memory, found by name and walked in the order they were added.
// Callers: tmpfs. Pure.
// Locks: none of its own. Cookies never change or come back, so a listing that is interrupted by additions and
// removals shows every name that stayed exactly once (POSIX readdir).
#pragma once

#include "base/own.h"
#include "base/rb_tree.h"
#include "fs/name.h"

namespace fs::tmpfs {

template <typename Value>
struct DirectoryEntry {
    Name name;
    u32 hash = 0;
    u64 cookie = 0;
    Value value;
    RbNode by_name{};
    RbNode by_cookie{};
};

template <typename Value>
class DirectoryTree {
  public:
    using Entry = DirectoryEntry<Value>;
    static constexpr u64 kFirstCookie = 2;  // below are "." and ".."

    DirectoryTree() = default;
    ~DirectoryTree() {
        while (Entry* e = by_cookie_.first()) destroy(*e);
    }

    static Result<Own<Entry>> prepare(const NameKey& key, Value value) {
        Name name = TRY(Name::create(key.text));
        Own<Entry> e = TRY(make_own<Entry>(std::move(name), key.hash, u64{0}, std::move(value)));
        return e;
    }
    // Cannot fail; the name must not be there.
    void insert(Own<Entry> prepared) {
        Entry& e = *prepared.release();
        e.cookie = next_cookie_++;
        by_name_.insert(e);
        by_cookie_.insert(e);
        size_++;
    }
    Entry* find(const NameKey& key) const {
        Entry* e = by_name_.lower_bound(
            [&](const Entry& o) { return o.hash != key.hash ? o.hash < key.hash : o.name.view() < key.text; });
        return e != nullptr && e->hash == key.hash && e->name.view() == key.text ? e : nullptr;
    }
    void remove(Entry& e) { destroy(e); }
    // The first entry whose cookie is `cookie` or greater; null: the end.
    Entry* at_or_after(u64 cookie) const {
        return by_cookie_.lower_bound([&](const Entry& o) { return o.cookie < cookie; });
    }
    Entry* next(Entry& e) const { return by_cookie_.next(e); }
    bool empty() const { return size_ == 0; }
    usize size() const { return size_; }

  private:
    struct ByName {
        static bool less(const Entry& a, const Entry& b) {
            return a.hash != b.hash ? a.hash < b.hash : a.name.view() < b.name.view();
        }
    };
    struct ByCookie {
        static bool less(const Entry& a, const Entry& b) { return a.cookie < b.cookie; }
    };
    void destroy(Entry& e) {
        by_name_.remove(e);
        by_cookie_.remove(e);
        size_--;
        base::destroy(&e);
    }
    RbTree<Entry, &Entry::by_name, ByName> by_name_;
    RbTree<Entry, &Entry::by_cookie, ByCookie> by_cookie_;
    u64 next_cookie_ = kFirstCookie;
    usize size_ = 0;
};

}  // namespace fs::tmpfs
