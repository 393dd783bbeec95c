#include "process/tree.h"

#include "process/pid_table.h"
#include "process/signal.h"

namespace process {

constinit TreeLock tree_lock;

void Group::on_last_ref() {
    pid::clear(pgid, *this);
    rcu::defer(*this, [](rcu::Head& head) { base::destroy(static_cast<Group*>(&head)); });
}

void Session::on_last_ref() {
    pid::clear(sid, *this);
    rcu::defer(*this, [](rcu::Head& head) { base::destroy(static_cast<Session*>(&head)); });
}

Result<Ref<Group>> create_group(i32 pgid, Ref<Session> session) {
    Ref<Group> group = TRY(make_ref<Group>(pgid, std::move(session)));
    pid::slot(pgid).group.store(group.get(), std::memory_order_release);
    return group;
}

Result<Ref<Session>> create_session_object(i32 sid) {
    Ref<Session> session = TRY(make_ref<Session>(sid));
    pid::slot(sid).session.store(session.get(), std::memory_order_release);
    return session;
}

OptRef<Group> leave_group(Process& process) {
    process.group_node.unlink();
    OptRef<Group> old = std::move(process.group);
    process.group = nullptr;
    return old;
}

OptRef<Group> join_group(Process& process, Ref<Group> group) {
    OptRef<Group> old = leave_group(process);
    group->members.push_back(process);
    process.group = std::move(group);
    return old;
}

bool is_orphaned(const Group& group, const Process* leaving) {
    for (const Process& member : group.members) {
        if (&member == leaving || member.life != Life::kRunning) continue;
        const Process* parent = member.parent;
        if (parent == nullptr || parent->is_init() || !parent->group) continue;
        if (parent->group.get() != &group && &parent->group->session() == &group.session()) return false;
    }
    return true;
}

bool has_stopped_member(const Group& group) {
    for (Process& member : group.members) {
        if (member.signals().with([](SignalState& s) { return s.stopped; })) return true;
    }
    return false;
}

void signal_if_newly_orphaned(Process& leaving, Process* parent) {
    if (!leaving.group || parent == nullptr || !parent->group) return;
    Group& group = *leaving.group;
    // Only a parent outside the group but in the session kept it from being orphaned.
    if (parent->group.get() == &group || &parent->group->session() != &group.session()) return;
    if (!is_orphaned(group, &leaving) || !has_stopped_member(group)) return;
    for (Process& member : group.members) {
        (void)send_signal(member, SignalInfo::kernel(abi::SIGHUP));
        (void)send_signal(member, SignalInfo::kernel(abi::SIGCONT));
    }
}

}  // namespace process
