#include "fs/mount.h"

#include <bit>

#include "abi/linux/mount.h"
#include "base/owner_of.h"
#include "fs/dentry_cache.h"
#include "fs/notify.h"
#include "fs/path.h"
#include "sched/mutex.h"

namespace fs {

// Mounts by (mount they lie on, dentry they cover).
class MountTable {
  public:
    using TreeLock = sched::Mutex<sync::Rank::kMountTree>;
    static constexpr usize kBuckets = 256;

    Mount* find(const Mount& mount, const Dentry& dentry) const {
        for (Mount* m = bucket(mount, dentry).load(std::memory_order_acquire); m != nullptr;
             m = m->next_.load(std::memory_order_acquire)) {
            if (m->parent() == &mount && m->mountpoint() == &dentry) return m;
        }
        return nullptr;
    }
    // The tree lock is held for these.
    void insert(MountNamespace& space, const Path& place, Ref<Mount> mount) {
        Mount& m = *mount.leak();
        dentry_cache.set_mountpoint(*place.dentry, true);
        place.mount->add_ref();
        place.dentry->add_ref();
        place.mount->children_++;
        {
            sync::SpinGuard guard(lock_);
            sequence.write_begin();
            m.parent_.store(place.mount.get(), std::memory_order_release);
            m.mountpoint_.store(place.dentry.get(), std::memory_order_release);
            std::atomic<Mount*>& head = bucket(*place.mount, *place.dentry);
            m.next_.store(head.load(std::memory_order_relaxed), std::memory_order_relaxed);
            head.store(&m, std::memory_order_release);
            sequence.write_end();
        }
        if (!m.namespace_node_.linked()) space.mounts_.push_back(m);
    }
    // Gives the reference that the tree held.
    Ref<Mount> remove(Mount& m, bool leave_namespace = true) {
        Mount* parent = m.parent();
        Dentry* place = m.mountpoint();
        bool covered_elsewhere = false;
        {
            sync::SpinGuard guard(lock_);
            sequence.write_begin();
            std::atomic<Mount*>* link = &bucket(*parent, *place);
            while (link->load(std::memory_order_relaxed) != &m) link = &link->load(std::memory_order_relaxed)->next_;
            link->store(m.next_.load(std::memory_order_relaxed), std::memory_order_release);
            m.parent_.store(nullptr, std::memory_order_release);
            m.mountpoint_.store(nullptr, std::memory_order_release);
            for (std::atomic<Mount*>& head : buckets_) {
                for (Mount* o = head.load(std::memory_order_relaxed); o != nullptr;
                     o = o->next_.load(std::memory_order_relaxed)) {
                    if (o->mountpoint() == place) covered_elsewhere = true;
                }
            }
            sequence.write_end();
        }
        if (!covered_elsewhere) dentry_cache.set_mountpoint(*place, false);
        if (leave_namespace) m.namespace_node_.unlink();
        parent->children_--;
        place->drop_ref();
        parent->drop_ref();
        return Ref<Mount>::adopt(m);
    }
    bool is_below(const Mount& m, const Mount& top) const {
        for (const Mount* at = &m; at != nullptr; at = at->parent()) {
            if (at == &top) return true;
        }
        return false;
    }
    bool has_children(const Mount& m) const { return m.children_ != 0; }
    Ref<Mount> root(MountNamespace& space) { return space.root_; }
    void set_root(MountNamespace& space, Ref<Mount> root) { space.root_ = std::move(root); }
    auto& mounts(MountNamespace& space) { return space.mounts_; }

    TreeLock tree_lock;
    sync::SeqCount sequence;
    OptRef<MountNamespace> initial;

  private:
    std::atomic<Mount*>& bucket(const Mount& mount, const Dentry& dentry) const {
        const u64 h = (std::bit_cast<u64>(&mount) >> 6) ^ (std::bit_cast<u64>(&dentry) >> 6);
        return buckets_[static_cast<usize>((h ^ (h >> 12)) % kBuckets)];
    }
    mutable std::array<std::atomic<Mount*>, kBuckets> buckets_{};
    sync::SpinLock<sync::Rank::kMountHash> lock_;
};

namespace {

[[clang::no_destroy]] constinit MountTable table;
constinit std::atomic<u64> next_mount_id{20};

using TreeGuard = sync::LockGuard<MountTable::TreeLock>;

// Whether `d` is `top` or lies below it in one file system.
bool dentry_below(const Dentry& d, const Dentry& top) {
    for (const Dentry* at = &d;; at = at->parent()) {
        if (at == &top) return true;
        if (at->is_root()) return false;
    }
}

Result<void> check_place(const Path& place, const Mount& mount) {
    if (place.dentry->deleted()) return Errno::kNOENT;
    if (place.inode().is_directory() != mount.root().inode()->is_directory()) return Errno::kNOTDIR;
    return {};
}

// A copy of the mount `from`, rooted at `root`.
Result<Ref<Mount>> copy_mount(const Mount& from, Dentry& root) {
    return Mount::create(Ref(from.super()), Ref(root), from.source(), from.flags());
}

}  // namespace

Mount::Mount(Ref<Superblock> super, Ref<Dentry> root, String source, u64 flags)
    : super_(std::move(super)),
      root_(std::move(root)),
      flags_(flags),
      source_(std::move(source)),
      id_(next_mount_id.fetch_add(1, std::memory_order_relaxed)) {
    super_->mount_added();
}

Result<Ref<Mount>> Mount::create(Ref<Superblock> super, Ref<Dentry> root, std::string_view source, u64 flags) {
    String text = TRY(String::create(source));
    return make_ref<Mount>(std::move(super), std::move(root), std::move(text), flags);
}

void Mount::on_last_ref() {
    if (super_->mount_removed()) {
        // Cached dentries keep the file system's memory: nobody will ask for them again.
        dentry_cache.prune(*root_);
        super_->drop_root_dentry();
        notify::unmounted(*super_);
        super_->shutdown();
    }
    rcu::defer(rcu_, [](rcu::Head& h) { base::destroy(&base::owner_of<&Mount::rcu_>(h)); });
}

bool Mount::read_only() const { return (flags() & abi::MS_RDONLY) != 0 || super_->read_only(); }

MountNamespace::MountNamespace(Ref<Mount> root) : root_(std::move(root)), id_(root_->id()) {
    mounts_.push_back(*root_);
}
MountNamespace::~MountNamespace() {
    for (Mount& m : mounts_) mounts_.remove(m);
}
Ref<Mount> MountNamespace::root() const {
    TreeGuard guard(table.tree_lock);
    return root_;
}

Mount* mounted_at(const Mount& mount, const Dentry& dentry) { return table.find(mount, dentry); }
const sync::SeqCount& mount_sequence() { return table.sequence; }
MountNamespace& initial_namespace() { return *table.initial; }
void set_initial_namespace(Ref<MountNamespace> space) { table.initial = std::move(space); }

void step_into_mounts(Path& path) {
    while (path.dentry->mountpoint()) {
        OptRef<Mount> m;
        {
            rcu::ReadGuard rcu;
            Mount* found = mounted_at(*path.mount, *path.dentry);
            if (found != nullptr && found->try_add_ref()) m = OptRef<Mount>::adopt(found);
        }
        if (!m) return;
        path = Path{m.ref(), Ref<Dentry>(m->root())};
    }
}

bool step_out_of_mount(Path& path) {
    rcu::ReadGuard rcu;
    for (;;) {
        const u32 sequence = table.sequence.read_begin();
        Mount* parent = path.mount->parent();
        Dentry* place = path.mount->mountpoint();
        if (table.sequence.read_retry(sequence)) continue;
        if (parent == nullptr || place == nullptr) return false;
        // Held by the mount while it is attached, and by RCU a while longer.
        if (!parent->try_add_ref()) continue;
        Ref<Mount> m = Ref<Mount>::adopt(*parent);
        if (!place->try_add_ref()) continue;
        path = Path{std::move(m), Ref<Dentry>::adopt(*place)};
        return true;
    }
}

Result<Ref<Mount>> mount_superblock(Ref<Superblock> super, std::string_view source, u64 flags) {
    Ref<Dentry> root = TRY(super->root_dentry());
    return Mount::create(std::move(super), std::move(root), source, flags);
}

Result<void> attach(MountNamespace& space, const Path& place, Ref<Mount> mount) {
    TreeGuard guard(table.tree_lock);
    // Somebody may have mounted there meanwhile: go on top of it.
    Path top = place;
    step_into_mounts(top);
    TRY(check_place(top, *mount));
    if (&top.mount->super() == &mount->super() && top.dentry.get() == &top.mount->root() &&
        &mount->root() == &top.mount->root()) {
        return Errno::kBUSY;
    }
    table.insert(space, top, std::move(mount));
    return {};
}

Result<void> detach(const Path& path, bool lazy) {
    // Dropped after the tree lock: the last reference ends the file system.
    OptRef<Mount> gone;
    TreeGuard guard(table.tree_lock);
    Mount& m = *path.mount;
    if (path.dentry.get() != &m.root() || m.parent() == nullptr) return Errno::kINVAL;
    if (!lazy) {
        if (table.has_children(m) || m.ref_count() > 2) return Errno::kBUSY;  // the tree's and the caller's
        gone = table.remove(m);
        guard.unlock();
        return {};
    }
    // Submounts go with it, innermost first.
    for (;;) {
        Mount* at = &m;
        for (bool deeper = true; deeper;) {
            deeper = false;
            if (!table.has_children(*at)) break;
            for (Mount& c : table.mounts(initial_namespace())) {
                if (c.parent() == at) {
                    at = &c;
                    deeper = true;
                    break;
                }
            }
        }
        Ref<Mount> removed = table.remove(*at);
        if (at == &m) {
            gone = std::move(removed);
            break;
        }
    }
    guard.unlock();
    return {};
}

Result<void> bind(MountNamespace& space, const Path& from, const Path& to, bool recursive) {
    TreeGuard guard(table.tree_lock);
    if (from.dentry->deleted()) return Errno::kNOENT;
    Ref<Mount> copy = TRY(copy_mount(*from.mount, *from.dentry));
    Path top = to;
    step_into_mounts(top);
    TRY(check_place(top, *copy));
    table.insert(space, top, copy);
    if (!recursive) return {};
    // Copies of what is mounted below `from`: parents come before children in the list.
    struct Pair {
        Mount* original;
        Mount* copy;
    };
    Vector<Pair> pairs;
    TRY(pairs.try_push({from.mount.get(), copy.get()}));
    for (Mount& m : table.mounts(space)) {
        if (&m == copy.get()) break;  // what follows is new
        if (m.parent() == nullptr) continue;
        for (usize i = 0; i < pairs.size(); i++) {
            const Pair p = pairs[i];
            if (m.parent() != p.original) continue;
            if (p.original == from.mount.get() && !dentry_below(*m.mountpoint(), *from.dentry)) continue;
            Ref<Mount> sub = TRY(copy_mount(m, m.root()));
            TRY(pairs.try_push({&m, sub.get()}));
            table.insert(space, Path{Ref(*p.copy), Ref(*m.mountpoint())}, std::move(sub));
            break;
        }
    }
    return {};
}

Result<void> move_mount(MountNamespace& space, const Path& from, const Path& to) {
    TreeGuard guard(table.tree_lock);
    Mount& m = *from.mount;
    if (from.dentry.get() != &m.root() || m.parent() == nullptr) return Errno::kINVAL;
    Path top = to;
    step_into_mounts(top);
    if (table.is_below(*top.mount, m)) return Errno::kLOOP;
    TRY(check_place(top, m));
    Ref<Mount> held = table.remove(m, false);
    table.insert(space, top, std::move(held));
    return {};
}

Result<void> pivot_root(MountNamespace& space, const Path& new_root, const Path& put_old) {
    TreeGuard guard(table.tree_lock);
    Mount& fresh = *new_root.mount;
    Ref<Mount> old = table.root(space);
    if (new_root.dentry.get() != &fresh.root() || fresh.parent() == nullptr) return Errno::kINVAL;
    if (&fresh == old.get()) return Errno::kBUSY;
    if (!table.is_below(*put_old.mount, fresh)) return Errno::kINVAL;
    TRY(check_place(put_old, *old));
    Ref<Mount> held = table.remove(fresh, false);
    table.set_root(space, held);
    Path place = put_old;
    table.insert(space, place, std::move(old));
    return {};
}

void for_each_mount(MountNamespace& space, void (*fn)(const MountInfo&, void*), void* context) {
    TreeGuard guard(table.tree_lock);
    for (Mount& m : table.mounts(space)) fn({m, m.parent()}, context);
}

}  // namespace fs
