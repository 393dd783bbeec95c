// The tree of processes: parents and children, groups and sessions, under one spin lock.
// Callers: process.
// Locks, context: TreeGuard first, then a process's signal lock. Interrupts off while held.
#pragma once

#include "process/process.h"
#include "sync/spin_lock.h"

namespace process {

using TreeLock = sync::SpinLock<sync::Rank::kProcessTree, sync::kIrqOff>;
extern constinit TreeLock tree_lock;

class [[nodiscard]] TreeGuard : public sync::LockGuard<TreeLock> {
  public:
    TreeGuard() : LockGuard(tree_lock) {}
    void relock() { LockGuard::relock(tree_lock); }
};

// A process group: lives as long as it has members, or somebody holds it (a terminal).
class Group : public RefCounted<Group>, public rcu::Head {
  public:
    Group(i32 id, Ref<Session> session) : pgid(id), session_(std::move(session)) {}
    void on_last_ref();
    Session& session() const { return *session_; }

    const i32 pgid;
    IntrusiveList<Process, &Process::group_node> members;  // tree lock

  private:
    Ref<Session> session_;
};

class Session : public RefCounted<Session>, public rcu::Head {
  public:
    explicit Session(i32 id) : sid(id) {}
    void on_last_ref();

    const i32 sid;
    OptRef<Terminal> terminal;  // tree lock
};

// Groups. All with the tree lock held; creating allocates before.
// A new group `pgid` (a reserved or used number) in `session`, without members.
Result<Ref<Group>> create_group(i32 pgid, Ref<Session> session);
Result<Ref<Session>> create_session_object(i32 sid);
// Makes `process` a member of `group`; gives back its former group, to be dropped without the lock.
OptRef<Group> join_group(Process& process, Ref<Group> group);
OptRef<Group> leave_group(Process& process);

// No member has a parent outside the group but in its session: job control cannot reach it (POSIX 3.264).
// `leaving` counts as gone. Tree lock held.
bool is_orphaned(const Group& group, const Process* leaving = nullptr);
bool has_stopped_member(const Group& group);
// SIGHUP and SIGCONT to `group` if it has become orphaned, now that `leaving` goes, and has a stopped member.
void signal_if_newly_orphaned(Process& leaving, Process* parent);

}  // namespace process
