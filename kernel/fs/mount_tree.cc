#include "fs/mount_tree.h"

#include "fs/procfs/setting.h"

namespace fs {
namespace {

Mount* topper_of(const Mount& m) { return mount_table.find(m, m.root()); }

// The lowest mount on top of `m` that stays when `m` goes.
Mount* surviving_topper(const Mount& m) {
    Mount* top = topper_of(m);
    while (top != nullptr && top->going) top = topper_of(*top);
    return top;
}

// Linux: a mount that came by propagation goes only if nothing is left below it, but what covers it whole may stay.
bool may_go(const Mount& m) {
    for (const Mount& child : m.children) {
        if (child.mountpoint() == &m.root()) continue;
        if (!child.going || surviving_topper(child) != nullptr) return false;
    }
    return true;
}

// Linux: sysctl_mount_max.
constinit procfs::Setting most_mounts{.value = 100'000, .least = 1, .most = 0x7fffffff};

// Linux: count_mounts(): how many would be too many.
Result<void> check_room(const MountNamespace* space, Mount& tree) {
    u64 count = 0;
    for_each_in_tree(tree, [&](const Mount&) { count++; });
    if (space != nullptr && space->count + count > most_mounts.get()) return Errno::kNOSPC;
    return {};
}

bool is_attached(const Propagation& p, void*) { return static_cast<const Mount&>(p).space != nullptr; }

// Targets of mounts on `on` at `place`: those that are attached and show the place.
bool shows_place(const Propagation& p, void* place) {
    const Mount& m = static_cast<const Mount&>(p);
    return m.space != nullptr && dentry_below(*static_cast<const Dentry*>(place), m.root());
}

// Marks what has propagated from the marked tree of `top`.
Result<void> mark_propagated(Mount& top, Vector<Mount*>& marked) {
    Vector<Mount*> tree;
    for (Mount* m = &top; m != nullptr; m = next_in_tree(*m, top)) TRY(tree.try_push(m));
    Vector<PeerGroup::Target> targets;
    // Innermost first: whether a mount may go depends on what is below it.
    for (usize i = tree.size(); i-- > 0;) {
        const Mount* parent = tree[i]->parent();
        if (parent == nullptr) continue;
        targets.clear();
        TRY(PeerGroup::collect(*parent, {is_attached, nullptr}, targets));
        for (const PeerGroup::Target& t : targets) {
            Mount* there = mount_table.find(static_cast<Mount&>(*t.mount), *tree[i]->mountpoint());
            if (there == nullptr || there->going || !may_go(*there)) continue;
            TRY(marked.try_push(there));
            there->going = true;
        }
    }
    return {};
}

CopyFor use_of(PeerGroup::Relation relation) {
    switch (relation) {
        case PeerGroup::Relation::kPeer: return CopyFor::kPeer;
        case PeerGroup::Relation::kSlave: return CopyFor::kSlave;
        case PeerGroup::Relation::kSharedSlave: break;
    }
    return CopyFor::kSharedSlave;
}

// Puts the tree at a place where something may be mounted already, which then lies on top of it.
void graft(Mount& on, Dentry& place, Ref<Mount> tree) {
    Mount& top = *tree;
    OptRef<Mount> above;
    if (Mount* present = mount_table.find(on, place)) above = mount_table.remove(*present);
    mount_table.insert(on, place, std::move(tree));
    if (top.space == nullptr && on.space != nullptr) enter_space(top, *on.space);
    if (above) mount_table.insert(top, top.root(), above.take());
}

Result<bool> copies_are_busy(const Mount& m) {
    if (m.parent() == nullptr) return false;
    Vector<PeerGroup::Target> targets;
    TRY(PeerGroup::collect(*m.parent(), {is_attached, nullptr}, targets));
    for (const PeerGroup::Target& t : targets) {
        const Mount* there = mount_table.find(static_cast<Mount&>(*t.mount), *m.mountpoint());
        if (there == nullptr) continue;
        u32 expected = 1;  // the tree's
        if (topper_of(*there) != nullptr && there->children.front() == there->children.back()) {
            expected++;
        } else if (!there->children.empty()) {
            continue;
        }
        if (there->ref_count() > expected) return true;
    }
    return false;
}

}  // namespace

Mount* next_beside_tree(const Mount& at, const Mount& top) {
    for (const Mount* m = &at; m != &top; m = m->parent()) {
        if (Mount* sibling = m->parent()->children.next(*m)) return sibling;
    }
    return nullptr;
}

Mount* next_in_tree(const Mount& at, const Mount& top) {
    if (Mount* child = at.children.front()) return child;
    return next_beside_tree(at, top);
}

bool dentry_below(const Dentry& d, const Dentry& top) {
    rcu::ReadGuard rcu;
    for (const Dentry* at = &d;; at = at->parent()) {
        if (at == &top) return true;
        if (at->is_root()) return false;
    }
}

bool mount_below(const Mount& m, const Mount& top) {
    for (const Mount* at = &m; at != nullptr; at = at->parent()) {
        if (at == &top) return true;
    }
    return false;
}

void tell_changed(MountNamespace& space) { space.changes().changed(); }

void enter_space(Mount& top, MountNamespace& space) {
    for_each_in_tree(top, [&](Mount& m) {
        m.space = &space;
        m.floating = false;
        space.mounts.push_back(m);
        space.count++;
    });
    tell_changed(space);
}

GoingMounts::~GoingMounts() {
    while (Mount* m = list_.pop_front()) {
        m->going = false;
        m->drop_ref();
    }
}

// Out of its tree, and what covers it and stays to the next place above that stays too.
void GoingMounts::remove_marked(Mount& m) {
    if (Mount* stays = topper_of(m); stays != nullptr && !stays->going) {
        const Mount* at = &m;
        while (at->parent()->going) at = at->parent();
        Mount& parent = *at->parent();
        Dentry& place = *at->mountpoint();
        mount_table.insert(parent, place, mount_table.remove(*stays));
    }
    if (m.space != nullptr) {
        m.space_node.unlink();
        m.space->count--;
        tell_changed(*m.space);
    }
    m.space = nullptr;
    m.floating = false;
    m.make_private();
}

void GoingMounts::take(Mount& top) {
    for_each_in_tree(top, [](Mount& m) { m.going = true; });
    // First all are found, then they are taken apart.
    MountList found;
    for_each_in_tree(top, [&](Mount& m) {
        remove_marked(m);
        found.push_back(m);
    });
    while (Mount* m = found.pop_front()) {
        if (m->parent() != nullptr) {
            (void)mount_table.remove(*m).leak();  // the list's reference from now on
        } else {
            m->add_ref();
        }
        list_.push_back(*m);
    }
}

Result<void> GoingMounts::take_everywhere(Mount& top) {
    Vector<Mount*> marked;
    for_each_in_tree(top, [](Mount& m) { m.going = true; });
    const Result<void> found = mark_propagated(top, marked);
    if (!found.ok()) {
        for_each_in_tree(top, [](Mount& m) { m.going = false; });
        for (Mount* m : marked) m->going = false;
        return found;
    }
    // The copies first: each by itself, its own marked ones before it.
    for (Mount* m : marked) {
        remove_marked(*m);
        (void)mount_table.remove(*m).leak();
        list_.push_back(*m);
    }
    take(top);
    return {};
}

Result<Ref<Mount>> copy_mount(const Mount& from, Dentry& root, CopyFor use) {
    Ref<Mount> copy = TRY(Mount::create(Ref(from.super()), Ref(root), from.source(), from.flags()));
    switch (use) {
        case CopyFor::kNamespace:
            if (from.unbindable()) copy->make_unbindable();
            [[fallthrough]];
        case CopyFor::kBind:
        case CopyFor::kPeer: copy->join(from); break;
        case CopyFor::kSharedSlave: copy->make_shared(TRY(PeerGroup::create())); [[fallthrough]];
        case CopyFor::kSlave: copy->follow(from); break;
    }
    return copy;
}

Result<DetachedTree> copy_tree(Mount& top, Dentry& root, CopyFor use) {
    DetachedTree tree(TRY(copy_mount(top, root, use)));
    top.copy = &*tree;
    for (Mount* m = next_in_tree(top, top); m != nullptr;) {
        const bool elsewhere = m->parent() == &top && !dentry_below(*m->mountpoint(), root);
        if (elsewhere || (m->unbindable() && use != CopyFor::kNamespace)) {
            m = next_beside_tree(*m, top);
            continue;
        }
        Ref<Mount> copy = TRY(copy_mount(*m, m->root(), use));
        m->copy = copy.get();
        mount_table.insert(*m->parent()->copy, *m->mountpoint(), std::move(copy));
        m = next_in_tree(*m, top);
    }
    return tree;
}

FreshGroups::~FreshGroups() {
    for (Mount* m : made_) m->make_slave();  // without peers: as it was
}

Result<void> FreshGroups::share(Mount& top, bool recursive) {
    for (Mount* m = &top; m != nullptr; m = recursive ? next_in_tree(*m, top) : nullptr) {
        if (m->shared()) continue;
        Ref<PeerGroup> group = TRY(PeerGroup::create());
        TRY(made_.try_push(m));
        m->make_shared(std::move(group));
    }
    return {};
}

Result<void> attach_tree(Ref<Mount> tree, const Path& place) {
    Mount& on = *place.mount;
    if (tree->parent() == nullptr) TRY(check_room(on.space, *tree));
    FreshGroups groups;
    Vector<PeerGroup::Target> targets;
    Vector<DetachedTree> copies;
    if (on.shared()) {
        TRY(groups.share(*tree, true));
        TRY(PeerGroup::collect(on, {shows_place, place.dentry.get()}, targets));
        for (const PeerGroup::Target& t : targets) {
            Mount& model = t.source == PeerGroup::kOriginal ? *tree : *copies[t.source];
            TRY(check_room(static_cast<Mount&>(*t.mount).space, model));
            TRY(copies.try_push(TRY(copy_tree(model, model.root(), use_of(t.relation)))));
        }
    }
    groups.keep();
    if (tree->parent() != nullptr) {
        Ref<Mount> held = mount_table.remove(*tree);  // the tree's reference: the caller's is given back at the end
        if (held->space != nullptr) tell_changed(*held->space);
        graft(on, *place.dentry, std::move(held));
    } else {
        graft(on, *place.dentry, std::move(tree));
    }
    if (on.space != nullptr) tell_changed(*on.space);
    for (usize i = 0; i < targets.size(); i++) {
        graft(static_cast<Mount&>(*targets[i].mount), *place.dentry, copies[i].release());
    }
    return {};
}

Result<void> init_mount_limit() { return procfs::add_setting<most_mounts>("sys/fs/mount-max"); }

Result<bool> is_busy(const Mount& m) {
    if (!m.children.empty() || m.ref_count() > 2) return true;  // the tree's and the caller's
    return copies_are_busy(m);
}

}  // namespace fs
