// Which watches hear of an event, and with which name. Source: Linux 6.1 fs/notify/fsnotify.c,
// include/linux/fsnotify.h.
#include "fs/notify.h"

#include <algorithm>

#include "base/heap.h"
#include "base/own.h"

namespace fs::notify {

constinit Lock lock;

class WatchList {
  public:
    IntrusiveList<Watch, &Watch::inode_node> watches;
    Inode* inode = nullptr;
    ListNode node;  // in watched_inodes while somebody watches
};

namespace {

using Guard = sync::LockGuard<Lock>;

[[clang::no_destroy]] constinit IntrusiveList<WatchList, &WatchList::node> watched_inodes;
constinit std::atomic<u32> last_cookie{0};

WatchList* list_of(const Inode& inode) { return inode.watches.load(std::memory_order_acquire); }

void deliver(Inode& inode, u32 mask, std::string_view name, u32 cookie, bool unlinked, Stopped& stopped) {
    WatchList* list = list_of(inode);
    if (list == nullptr) return;
    for (Watch& w : list->watches) {
        if ((w.mask & mask & abi::IN_ALL_EVENTS) == 0) continue;
        if (unlinked && (w.mask & abi::IN_EXCL_UNLINK) != 0) continue;
        if (w.on_event(mask, name, cookie)) stop(w, stopped);
    }
}

// A dentry's name and directory as they are together.
struct Entry {
    Inode* directory = nullptr;
    std::array<char, 256> text;
    usize length = 0;
    std::string_view name() const { return {text.data(), length}; }
};
void find_entry(const Dentry& d, Entry& e) {
    for (;;) {
        const u32 sequence = d.sequence().read_begin();
        const Dentry* parent = d.parent();
        e.directory = parent == &d ? nullptr : parent->inode();
        const std::string_view name = d.name().substr(0, e.text.size());
        e.length = name.size();
        std::copy(name.begin(), name.end(), e.text.begin());
        if (!d.sequence().read_retry(sequence)) return;
    }
}

}  // namespace

Result<void> prepare(Inode& inode) {
    if (list_of(inode) != nullptr) return {};
    Own<WatchList> fresh = TRY(make_own<WatchList>());
    fresh->inode = &inode;
    WatchList* present = nullptr;
    if (inode.watches.compare_exchange_strong(present, fresh.get(), std::memory_order_acq_rel)) (void)fresh.release();
    return {};
}

void destroy_list(WatchList* list) { base::destroy(list); }

void start(Watch& watch) {
    WatchList& list = *list_of(watch.inode());
    if (list.watches.empty()) watched_inodes.push_back(list);
    list.watches.push_front(watch);
    watch_count.fetch_add(1, std::memory_order_relaxed);
}

void stop(Watch& watch, Stopped& stopped) {
    WatchList& list = *list_of(watch.inode());
    watch.inode_node.unlink();
    if (list.watches.empty()) list.node.unlink();
    watch_count.fetch_sub(1, std::memory_order_relaxed);
    watch.on_stopped();
    stopped.list.push_back(watch);
}

Watch* find(Inode& inode, bool (*match)(const Watch&, const void*), const void* what) {
    WatchList* list = list_of(inode);
    if (list == nullptr) return nullptr;
    for (Watch& w : list->watches) {
        if (match(w, what)) return &w;
    }
    return nullptr;
}

namespace detail {

void entry(Inode& directory, u32 mask, std::string_view name, u32 cookie) {
    if (list_of(directory) == nullptr) return;
    Stopped stopped;
    Guard guard(lock);
    deliver(directory, mask, name, cookie, false, stopped);
}

void inode(Inode& i, u32 mask) {
    if (list_of(i) == nullptr) return;
    Stopped stopped;
    Guard guard(lock);
    deliver(i, mask, {}, 0, false, stopped);
}

void dentry(const Dentry& d, u32 mask, bool by_file) {
    Stopped stopped;
    rcu::ReadGuard rcu;  // keeps the directory's inode
    Inode* self = d.inode();
    if (self == nullptr) return;
    const Inode* parent = d.parent()->inode();
    if (list_of(*self) == nullptr && (parent == nullptr || list_of(*parent) == nullptr)) return;
    if (self->is_directory()) mask |= abi::IN_ISDIR;
    [[clang::uninitialized]] Entry e;
    find_entry(d, e);
    const bool unlinked = by_file && d.deleted();
    Guard guard(lock);
    if (e.directory != nullptr) deliver(*e.directory, mask, e.name(), 0, unlinked, stopped);
    deliver(*self, mask, {}, 0, unlinked, stopped);
}

void gone(Inode& i) {
    WatchList* list = list_of(i);
    if (list == nullptr) return;
    Stopped stopped;
    Guard guard(lock);
    deliver(i, abi::IN_DELETE_SELF, {}, 0, false, stopped);
    for (Watch& w : list->watches) stop(w, stopped);
}

void file_closed(const object::File& f, Inode& i) {
    WatchList* list = list_of(i);
    if (list == nullptr) return;
    Stopped stopped;
    Guard guard(lock);
    for (Watch& w : list->watches) {
        if (w.file == &f) stop(w, stopped);
    }
}

void moved(Inode& from, std::string_view from_name, Inode& to, std::string_view to_name, Inode& what, Inode* victim) {
    const u32 cookie = last_cookie.fetch_add(1, std::memory_order_relaxed) + 1;
    const u32 folder = what.is_directory() ? abi::IN_ISDIR : 0;
    entry(from, abi::IN_MOVED_FROM | folder, from_name, cookie);
    entry(to, abi::IN_MOVED_TO | folder, to_name, cookie);
    if (victim != nullptr) inode(*victim, abi::IN_ATTRIB);
    inode(what, abi::IN_MOVE_SELF);
}

void unmounted(Superblock& super) {
    Stopped stopped;
    Guard guard(lock);
    for (bool again = true; again;) {
        again = false;
        for (WatchList& list : watched_inodes) {
            if (&list.inode->super() != &super) continue;
            for (Watch& w : list.watches) {
                (void)w.on_event(abi::IN_UNMOUNT, {}, 0);
                stop(w, stopped);
            }
            again = true;  // the list has changed
            break;
        }
    }
}

}  // namespace detail
}  // namespace fs::notify
