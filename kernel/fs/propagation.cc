#include "fs/propagation.h"

namespace fs {

// All groups in the order of their numbers.
struct PeerGroupRegistry {
    IntrusiveList<PeerGroup, &PeerGroup::all_node_> list;
    // Where a gap is; null: at the end.
    PeerGroup* successor_of_gap(u32& id) const {
        id = 1;
        for (PeerGroup& g : list) {
            if (g.id_ != id) return &g;
            id++;
        }
        return nullptr;
    }
    void add(PeerGroup& group, PeerGroup* successor) {
        if (successor != nullptr) {
            list.insert_before(*successor, group);
        } else {
            list.push_back(group);
        }
    }
};

namespace {

[[clang::no_destroy]] constinit PeerGroupRegistry groups;

}  // namespace

Result<Ref<PeerGroup>> PeerGroup::create() {
    u32 id = 0;
    PeerGroup* successor = groups.successor_of_gap(id);
    Ref<PeerGroup> group = TRY(make_ref<PeerGroup>(id));
    groups.add(*group, successor);
    return group;
}

PeerGroup::~PeerGroup() { all_node_.unlink(); }

u32 Propagation::group_id() const { return group_ ? group_->id() : 0; }
u32 Propagation::master_id() const { return master_ != nullptr ? master_->id() : 0; }

void Propagation::set_master(PeerGroup* master) {
    slave_node_.unlink();
    master_ = master;
    if (master != nullptr) master->slaves_.push_back(*this);
}

void Propagation::make_shared(Ref<PeerGroup> fresh) {
    unbindable_ = false;
    if (group_) return;
    group_ = std::move(fresh);
    group_->peers_.push_back(*this);
}

void Propagation::leave_group() {
    if (!group_) return;
    OptRef<PeerGroup> left = std::move(group_);
    peer_node_.unlink();
    if (!left->peers_.empty()) {
        set_master(left.get());
        return;
    }
    for (Propagation& slave : left->slaves_) slave.set_master(master_);
}

void Propagation::make_slave() { leave_group(); }

void Propagation::make_private() {
    leave_group();
    set_master(nullptr);
    unbindable_ = false;
}

void Propagation::make_unbindable() {
    make_private();
    unbindable_ = true;
}

void Propagation::join(const Propagation& from) {
    if (from.group_) make_shared(from.group_.ref());
    set_master(from.master_);
}

void Propagation::follow(const Propagation& from) { set_master(from.group_.get()); }

// One walk through the groups that hear of something, nearest first.
struct PeerGroup::Visit {
    struct Step {
        PeerGroup* group;
        usize source;  // the model for those below
    };
    const Filter& filter;
    Vector<Target>& out;
    Vector<Step> steps;

    ~Visit() {
        for (const Step& s : steps) s.group->visited_ = false;
    }
    bool accepts(const Propagation& mount) const { return filter.accepts(mount, filter.context); }
    Result<void> enter(PeerGroup& group, usize source) {
        TRY(steps.try_push({&group, source}));
        group.visited_ = true;
        return {};
    }
    // The peers of a group of slaves: the first one's copy is a slave of `source`, the others are its copy's peers.
    Result<void> slave_group(PeerGroup& group, usize source) {
        usize model = source;
        for (Propagation& peer : group.peers_) {
            if (!accepts(peer)) continue;
            const bool first = model == source;
            TRY(out.try_push({&peer, model, first ? Relation::kSharedSlave : Relation::kPeer}));
            if (first) model = out.size() - 1;
        }
        return enter(group, model);
    }
    Result<void> slaves_of(const Step step) {
        for (Propagation& slave : step.group->slaves_) {
            if (slave.group_) {
                if (!slave.group_->visited_) TRY(slave_group(*slave.group_, step.source));
            } else if (accepts(slave)) {
                TRY(out.try_push({&slave, step.source, Relation::kSlave}));
            }
        }
        return {};
    }
};

Result<void> PeerGroup::collect(const Propagation& on, const Filter& filter, Vector<Target>& out) {
    if (!on.group_) return {};
    Visit visit{filter, out, {}};
    PeerGroup& own = *on.group_;
    for (Propagation& peer : own.peers_) {
        if (&peer != &on && visit.accepts(peer)) TRY(out.try_push({&peer, kOriginal, Relation::kPeer}));
    }
    TRY(visit.enter(own, kOriginal));
    for (usize i = 0; i < visit.steps.size(); i++) TRY(visit.slaves_of(visit.steps[i]));
    return {};
}

}  // namespace fs
