#include "fs/mount_table.h"

#include "fs/dentry_cache.h"

namespace fs {

constinit MountTable mount_table;

void MountTable::insert(Mount& parent, Dentry& place, Ref<Mount> mount) {
    Mount& m = *mount.leak();
    dentry_cache.set_mountpoint(place, true);
    parent.add_ref();
    place.add_ref();
    parent.children.push_back(m);
    sync::SpinGuard guard(lock_);
    sequence.write_begin();
    m.parent_.store(&parent, std::memory_order_release);
    m.mountpoint_.store(&place, std::memory_order_release);
    std::atomic<Mount*>& head = bucket(parent, place);
    m.next_.store(head.load(std::memory_order_relaxed), std::memory_order_relaxed);
    head.store(&m, std::memory_order_release);
    sequence.write_end();
}

Ref<Mount> MountTable::remove(Mount& m) {
    Mount* parent = m.parent();
    Dentry* place = m.mountpoint();
    {
        sync::SpinGuard guard(lock_);
        sequence.write_begin();
        std::atomic<Mount*>* link = &bucket(*parent, *place);
        while (link->load(std::memory_order_relaxed) != &m) link = &link->load(std::memory_order_relaxed)->next_;
        link->store(m.next_.load(std::memory_order_relaxed), std::memory_order_release);
        m.parent_.store(nullptr, std::memory_order_release);
        m.mountpoint_.store(nullptr, std::memory_order_release);
        sequence.write_end();
    }
    bool covered_elsewhere = false;
    for_each_on(*place, [&](Mount&) { covered_elsewhere = true; });
    if (!covered_elsewhere) dentry_cache.set_mountpoint(*place, false);
    m.sibling_node.unlink();
    place->drop_ref();
    parent->drop_ref();
    return Ref<Mount>::adopt(m);
}

Mount* mounted_at(const Mount& mount, const Dentry& dentry) { return mount_table.find(mount, dentry); }
const sync::SeqCount& mount_sequence() { return mount_table.sequence; }

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
        const u32 sequence = mount_table.sequence.read_begin();
        Mount* parent = path.mount->parent();
        Dentry* place = path.mount->mountpoint();
        if (mount_table.sequence.read_retry(sequence)) continue;
        if (parent == nullptr || place == nullptr) return false;
        // Held by the mount while it is attached, and by RCU a while longer.
        if (!parent->try_add_ref()) continue;
        Ref<Mount> m = Ref<Mount>::adopt(*parent);
        if (!place->try_add_ref()) continue;
        path = Path{std::move(m), Ref<Dentry>::adopt(*place)};
        return true;
    }
}

}  // namespace fs
