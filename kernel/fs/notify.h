// notify: who wants to hear what happens to files: watches on inodes, and the places of the VFS that tell
// them. Callers: fs and linux/ report; ipc/inotify watches. Locks, context: reports come from thread context,
// also with inode locks held or under RCU; one spin lock, kNotify, guards all watches. While nothing is
// watched a report costs one look at a counter.
#pragma once

#include "abi/linux/inotify.h"
#include "base/list.h"
#include "fs/dentry.h"
#include "object/file.h"
#include "sync/spin_lock.h"

namespace fs::notify {

using Lock = sync::SpinLock<sync::Rank::kNotify>;
extern constinit Lock lock;

// A wish to hear of one inode. Holds the inode; lives until stopped or until the inode has lost its last
// name.
class Watch : public RefCounted<Watch> {
  public:
    virtual ~Watch() = default;
    explicit Watch(Ref<Inode> inode) : inode_(std::move(inode)) {}
    Inode& inode() const { return *inode_; }

    // The open file that it ends with, if that is not the watcher's own affair (F_NOTIFY).
    const object::File* file = nullptr;
    // Abi::IN_*, guarded by `lock`.
    u32 mask = 0;

    // Both under `lock`. `name` is empty for the inode itself. True: this watch has heard enough.
    virtual bool on_event(u32 mask, std::string_view name, u32 cookie) = 0;
    // It hears no more; a reference that the owner held passes to the caller, who drops it without the lock.
    virtual void on_stopped() = 0;

    ListNode inode_node;
    ListNode stopped_node;

  private:
    const Ref<Inode> inode_;
};

// Watches that were stopped under the lock: dropped, with their inodes, when this goes, after the lock.
class Stopped {
  public:
    Stopped() = default;
    ~Stopped() {
        while (Watch* w = list.pop_front()) w->drop_ref();
    }
    Stopped(const Stopped&) = delete;
    Stopped& operator=(const Stopped&) = delete;
    IntrusiveList<Watch, &Watch::stopped_node> list;
};

// Makes room for watches at the inode. ENOMEM.
Result<void> prepare(Inode& inode);
// `lock` held; after prepare().
void start(Watch& watch);
// `lock` held.
void stop(Watch& watch, Stopped& stopped);
// The first watch of an inode for which match() holds; `lock` held.
Watch* find(Inode& inode, bool (*match)(const Watch&, const void*), const void* what);

inline constinit std::atomic<u32> watch_count{0};
inline bool any() { return watch_count.load(std::memory_order_relaxed) != 0; }

namespace detail {
void entry(Inode& directory, u32 mask, std::string_view name, u32 cookie);
void inode(Inode& inode, u32 mask);
void dentry(const Dentry& d, u32 mask, bool by_file);
void gone(Inode& inode);
void moved(Inode& from, std::string_view from_name, Inode& to, std::string_view to_name, Inode& what, Inode* victim);
void unmounted(Superblock& super);
void file_closed(const object::File& f, Inode& i);
}  // namespace detail

// A name came to a directory or left it: IN_CREATE, IN_DELETE.
inline void entry(Inode& directory, u32 mask, std::string_view name) {
    if (any()) [[unlikely]]
        detail::entry(directory, mask, name, 0);
}
// For the inode alone: IN_ATTRIB when a link comes or goes.
inline void inode(Inode& i, u32 mask) {
    if (any()) [[unlikely]]
        detail::inode(i, mask);
}
// For what a name leads to, and for its directory.
inline void dentry(const Dentry& d, u32 mask) {
    if (any()) [[unlikely]]
        detail::dentry(d, mask, false);
}
// The same by way of an open file.
inline void file(const object::File& f, u32 mask) {
    if (any() && f.place().dentry != nullptr) [[unlikely]]
        detail::dentry(*f.place().dentry, mask, true);
}
// The last name and the last use of an inode have gone.
inline void gone(Inode& i) {
    if (any() && i.links() == 0) [[unlikely]]
        detail::gone(i);
}
inline void file_closed(const object::File& f, Inode& i) {
    if (any()) [[unlikely]]
        detail::file_closed(f, i);
}
inline void unmounted(Superblock& super) {
    if (any()) [[unlikely]]
        detail::unmounted(super);
}
inline void moved(Inode& from, std::string_view from_name, Inode& to, std::string_view to_name, Inode& what,
                  Inode* victim) {
    if (any()) [[unlikely]]
        detail::moved(from, from_name, to, to_name, what, victim);
}

// An inode is destroyed: nobody watches it any more.
void destroy_list(WatchList* list);

}  // namespace fs::notify
