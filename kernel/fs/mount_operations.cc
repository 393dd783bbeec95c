#include "fs/mount_operations.h"

#include "abi/linux/mount.h"
#include "fs/mount_tree.h"

namespace fs {
namespace {

bool is_mount_root(const Path& path) { return path.dentry.get() == &path.mount->root(); }

// The topmost mount at a place; somebody may have mounted there meanwhile. ENOENT: the place was removed.
Result<Path> lock_place(const Path& place) {
    Path top = place;
    step_into_mounts(top);
    if (top.dentry->deleted()) return Errno::kNOENT;
    return top;
}

bool same_kind(const Path& place, const Dentry& root) {
    return place.inode().is_directory() == root.inode()->is_directory();
}

bool has_unbindable(Mount& top) {
    bool found = false;
    for_each_in_tree(top, [&](const Mount& m) { found = found || m.unbindable(); });
    return found;
}

// Whether `d`, seen through `m`, is at or below `root`.
bool reachable(const Mount& m, const Dentry& d, const Path& root) {
    const Mount* at = &m;
    const Dentry* dentry = &d;
    while (at != root.mount.get() && at->parent() != nullptr) {
        dentry = at->mountpoint();
        at = at->parent();
    }
    return at == root.mount.get() && dentry_below(*dentry, *root.dentry);
}

// A copy for bind or open_tree.
Result<DetachedTree> copy_for_bind(const MountNamespace& space, const Path& from, bool recursive) {
    Mount& m = *from.mount;
    if (m.unbindable() || m.space != &space) return Errno::kINVAL;
    if (recursive) return copy_tree(m, *from.dentry, CopyFor::kBind);
    return DetachedTree(TRY(copy_mount(m, *from.dentry, CopyFor::kBind)));
}

// Linux: do_move_mount().
Result<void> check_move(const MountNamespace& space, const Path& from, const Path& to) {
    Mount& m = *from.mount;
    const Mount* parent = m.parent();
    if (to.mount->space != &space) return Errno::kINVAL;
    if (parent != nullptr ? m.space != &space : !m.floating) return Errno::kINVAL;
    if (!is_mount_root(from) || !same_kind(to, m.root())) return Errno::kINVAL;
    if (parent != nullptr && parent->shared()) return Errno::kINVAL;
    if (to.mount->shared() && has_unbindable(m)) return Errno::kINVAL;
    if (mount_below(*to.mount, m)) return Errno::kLOOP;
    return {};
}

// Linux: pivot_root(2), in its order.
Result<void> check_pivot(const MountNamespace& space, const Path& root, const Path& fresh, const Path& old) {
    const Mount& root_mount = *root.mount;
    const Mount& new_mount = *fresh.mount;
    const auto parent_shared = [](const Mount& m) { return m.parent() != nullptr && m.parent()->shared(); };
    if (old.mount->shared() || parent_shared(new_mount) || parent_shared(root_mount)) return Errno::kINVAL;
    if (root_mount.space != &space || new_mount.space != &space) return Errno::kINVAL;
    if (fresh.dentry->deleted()) return Errno::kNOENT;
    if (&new_mount == &root_mount || old.mount.get() == &root_mount) return Errno::kBUSY;
    if (!is_mount_root(root) || root_mount.parent() == nullptr) return Errno::kINVAL;
    if (!is_mount_root(fresh) || new_mount.parent() == nullptr) return Errno::kINVAL;
    if (!reachable(*old.mount, *old.dentry, fresh)) return Errno::kINVAL;
    if (!reachable(new_mount, *fresh.dentry, root)) return Errno::kINVAL;
    return {};
}

void set_propagation(Mount& m, PropagationKind kind) {
    switch (kind) {
        case PropagationKind::kKeep:
        case PropagationKind::kShared: break;  // by FreshGroups
        case PropagationKind::kSlave: m.make_slave(); break;
        case PropagationKind::kPrivate: m.make_private(); break;
        case PropagationKind::kUnbindable: m.make_unbindable(); break;
    }
}

// The flags of one mount; EBUSY leaves it as it was. The flag is set before the writers are looked at, and open(2)
// counts itself before it looks at the flag: one of them sees the other.
Result<void> change_flags(Mount& m, const MountChange& change) {
    const u64 before = m.flags();
    const u64 after = (before & ~change.clear) | change.set;
    m.set_flags(after);
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if ((after & ~before & abi::MS_RDONLY) == 0) return {};
    const Result<void> unused = check_no_writers(m);
    if (!unused.ok()) m.set_flags(before);
    return unused;
}

// Owns a tree of mounts until it is attached.
class TreeFile final : public object::File {
  public:
    TreeFile() : File(abi::O_PATH) {}
    void on_closed() override {
        const Result<Path> path = path_of(*this);
        if (!path.ok()) return;
        GoingMounts gone;
        TreeGuard guard(mount_table.tree_lock);
        if (path.value().mount->floating) gone.take(*path.value().mount);
        guard.unlock();
    }
};

}  // namespace

Result<void> attach(MountNamespace& space, const Path& place, Ref<Mount> mount) {
    TreeGuard guard(mount_table.tree_lock);
    const Path top = TRY(lock_place(place));
    if (top.mount->space != &space) return Errno::kINVAL;
    if (&top.mount->super() == &mount->super() && is_mount_root(top)) return Errno::kBUSY;
    if (mount->root().inode()->is_symlink()) return Errno::kINVAL;
    if (!same_kind(top, mount->root())) return Errno::kNOTDIR;
    return attach_tree(std::move(mount), top);
}

Result<void> bind(MountNamespace& space, const Path& from, const Path& to, bool recursive) {
    TreeGuard guard(mount_table.tree_lock);
    const Path top = TRY(lock_place(to));
    if (top.mount->space != &space) return Errno::kINVAL;
    DetachedTree copy = TRY(copy_for_bind(space, from, recursive));
    if (!same_kind(top, *from.dentry)) return Errno::kNOTDIR;
    TRY(attach_tree(Ref<Mount>(*copy), top));
    (void)copy.release();  // the tree has its own
    return {};
}

Result<void> move_mount(MountNamespace& space, const Path& from, const Path& to) {
    TreeGuard guard(mount_table.tree_lock);
    const Path top = TRY(lock_place(to));
    TRY(check_move(space, from, top));
    return attach_tree(Ref<Mount>(*from.mount), top);
}

Result<void> set_group(MountNamespace& space, const Path& from, const Path& to) {
    TreeGuard guard(mount_table.tree_lock);
    const Mount& f = *from.mount;
    Mount& t = *to.mount;
    if (f.space != &space || t.space != &space) return Errno::kINVAL;
    if (!is_mount_root(from) || !is_mount_root(to)) return Errno::kINVAL;
    if (&f.super() != &t.super() || !dentry_below(t.root(), f.root())) return Errno::kINVAL;
    if (t.shared() || t.slave() || (!f.shared() && !f.slave())) return Errno::kINVAL;
    t.join(f);
    tell_changed(space);
    return {};
}

Result<void> detach(MountNamespace& space, const Path& path, UnmountKind kind) {
    GoingMounts gone;
    TreeGuard guard(mount_table.tree_lock);
    Mount& m = *path.mount;
    if (!is_mount_root(path) || m.space != &space || m.parent() == nullptr) return Errno::kINVAL;
    if (kind == UnmountKind::kExpire) {
        if (m.ref_count() > 2) return Errno::kBUSY;  // the tree's and the caller's
        if (!m.mark_expiring()) return Errno::kAGAIN;
    }
    if (kind != UnmountKind::kLazy && TRY(is_busy(m))) return Errno::kBUSY;
    TRY(gone.take_everywhere(m));
    guard.unlock();
    return {};
}

Result<void> pivot_root(MountNamespace& space, const Path& root, const Path& new_root, const Path& put_old) {
    TreeGuard guard(mount_table.tree_lock);
    const Path old = TRY(lock_place(put_old));
    TRY(check_pivot(space, root, new_root, old));
    Mount& parent = *root.mount->parent();
    const Ref<Dentry> place(*root.mount->mountpoint());
    Ref<Mount> fresh = mount_table.remove(*new_root.mount);
    Ref<Mount> gone = mount_table.remove(*root.mount);
    mount_table.insert(*old.mount, *old.dentry, std::move(gone));
    mount_table.insert(parent, *place, std::move(fresh));
    tell_changed(space);
    return {};
}

Result<void> change_mounts(MountNamespace& space, const Path& path, const MountChange& change) {
    Mount& top = *path.mount;
    if (!is_mount_root(path)) return Errno::kINVAL;
    TreeGuard guard(mount_table.tree_lock);
    FreshGroups groups;
    if (top.parent() != nullptr || !top.floating) {
        if (top.space != &space) return Errno::kINVAL;
    }
    if (change.propagation == PropagationKind::kShared) TRY(groups.share(top, change.recursive));
    Vector<u64> before;  // flags, to undo what was done when one of them is busy
    for (Mount* m = &top; m != nullptr; m = change.recursive ? next_in_tree(*m, top) : nullptr) {
        const u64 flags = m->flags();
        Result<void> changed = before.try_push(flags);
        if (changed.ok()) changed = change_flags(*m, change);
        if (changed.ok()) continue;
        Mount* undo = &top;
        for (usize i = 0; undo != m; i++, undo = next_in_tree(*undo, top)) undo->set_flags(before[i]);
        return changed;
    }
    for (Mount* m = &top; m != nullptr; m = change.recursive ? next_in_tree(*m, top) : nullptr) {
        set_propagation(*m, change.propagation);
    }
    groups.keep();
    if (top.space != nullptr) tell_changed(*top.space);
    return {};
}

Result<void> set_super_read_only(Superblock& super, bool on) {
    const bool before = super.read_only();
    super.set_read_only(on);
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (!on || before || !super.has_writers()) return {};
    super.set_read_only(before);
    return Errno::kBUSY;
}

Result<Ref<object::File>> open_detached(Ref<Mount> mount) {
    Ref<object::File> file = TRY(make_ref<TreeFile>());
    mount->floating = true;  // nobody else has it yet
    Ref<Dentry> root(mount->root());
    set_place(*file, Path{std::move(mount), std::move(root)});
    return file;
}

Result<Ref<object::File>> open_detached_copy(MountNamespace& space, const Path& path, bool recursive) {
    TreeGuard guard(mount_table.tree_lock);
    DetachedTree copy = TRY(copy_for_bind(space, path, recursive));
    Ref<object::File> file = TRY(open_detached(Ref<Mount>(*copy)));
    (void)copy.release();  // the file has its own
    return file;
}

Result<Ref<FsContext>> in_new_namespace(const FsContext& context) {
    Path root = context.root();
    Path cwd = context.cwd();
    Mount& top = *context.space().root();
    OptRef<MountNamespace> space;
    {
        TreeGuard guard(mount_table.tree_lock);
        DetachedTree tree = TRY(copy_tree(top, top.root(), CopyFor::kNamespace));
        space = TRY(MountNamespace::create_empty(Ref<Mount>(*tree)));
        enter_space(*tree, *space);
        (void)tree.release();  // the namespace has its own
        // What lies in the old tree is now in the new one; what was detached stays as it is.
        for (Path* p : {&root, &cwd}) {
            if (p->mount->space == &context.space()) p->mount = Ref<Mount>(*p->mount->copy);
        }
    }
    return make_ref<FsContext>(std::move(root), std::move(cwd), space.take(), context.umask());
}

bool is_mountpoint_in(const MountNamespace& space, const Dentry& dentry) {
    if (!dentry.mountpoint()) return false;
    TreeGuard guard(mount_table.tree_lock);
    bool found = false;
    mount_table.for_each_on(dentry, [&](const Mount& m) { found = found || m.space == &space; });
    return found;
}

void detach_all_on(const Dentry& dentry) {
    if (!dentry.mountpoint()) return;
    GoingMounts gone;
    TreeGuard guard(mount_table.tree_lock);
    for (;;) {
        Mount* there = nullptr;
        mount_table.for_each_on(dentry, [&](Mount& m) { there = &m; });
        if (there == nullptr) break;
        gone.take(*there);
    }
    guard.unlock();
}

void for_each_mount(MountNamespace& space, void (*fn)(const Mount&, void*), void* context) {
    TreeGuard guard(mount_table.tree_lock);
    for (Mount& m : space.mounts) fn(m, context);
}

}  // namespace fs
