// Propagation: which mounts hear of what is mounted and unmounted on others (shared, slave, private, unbindable).
// Callers: mount_tree. Pure: no mounts in here, only their relations.
// Locks, context: all of it under the mount tree's lock. Making a group and collecting targets allocate.
// Source: Linux, Documentation/filesystems/sharedsubtree.rst.
#pragma once

#include "base/list.h"
#include "base/ref.h"
#include "base/vector.h"

namespace fs {

class PeerGroup;

// One mount's part in it: peer of a group (shared), slave of a group, both, or neither (private).
class Propagation {
  public:
    bool shared() const { return static_cast<bool>(group_); }
    bool slave() const { return master_ != nullptr; }
    bool unbindable() const { return unbindable_; }
    // "shared:N" and "master:N" of /proc/PID/mountinfo; 0: none.
    u32 group_id() const;
    u32 master_id() const;

    // A shared mount stays with its peers.
    void make_shared(Ref<PeerGroup> fresh);
    // A shared mount becomes the slave of its former peers; without peers its slaves go to its own master.
    void make_slave();
    void make_private();
    void make_unbindable();
    // MOVE_MOUNT_SET_GROUP: this private mount joins what `from` belongs to.
    void join(const Propagation& from);
    // This private mount hears of what happens to `from`, which is shared.
    void follow(const Propagation& from);

  private:
    friend class PeerGroup;
    void leave_group();
    void set_master(PeerGroup* master);

    OptRef<PeerGroup> group_;
    PeerGroup* master_ = nullptr;  // lives as long as it has slaves: the last peer hands them on
    bool unbindable_ = false;
    ListNode peer_node_;
    ListNode slave_node_;
};

class PeerGroup : public RefCounted<PeerGroup> {
  public:
    // With the lowest free number, from 1 on. ENOMEM.
    static Result<Ref<PeerGroup>> create();
    explicit PeerGroup(u32 id) : id_(id) {}
    ~PeerGroup();
    u32 id() const { return id_; }

    // How the copy for a mount relates to the copy (or original) it is made from.
    enum class Relation : u8 { kPeer, kSlave, kSharedSlave };
    static constexpr usize kOriginal = ~usize{0};
    struct Target {
        Propagation* mount;
        usize source;  // index of the target whose copy is the model; kOriginal: what is being mounted
        Relation relation;
    };
    struct Filter {
        bool (*accepts)(const Propagation& mount, void* context);
        void* context;
    };
    // Everywhere else that a mount on `on` has to appear, each after the target its model is for. ENOMEM.
    static Result<void> collect(const Propagation& on, const Filter& filter, Vector<Target>& out);

  private:
    friend class Propagation;
    struct Visit;

    const u32 id_;
    bool visited_ = false;  // by a collect() under way
    ListNode all_node_;
    IntrusiveList<Propagation, &Propagation::peer_node_> peers_;
    IntrusiveList<Propagation, &Propagation::slave_node_> slaves_;

    friend struct PeerGroupRegistry;
};

}  // namespace fs
