#include "process/user.h"

#include <algorithm>

#include "base/hash_table.h"
#include "memory/kernel_stack.h"
#include "sync/guarded.h"

namespace process {

namespace {

using Table = HashTable<User, &User::node, 64>;
// As the table lives for ever nothing destroys it.
[[clang::no_destroy]] constinit sync::Guarded<Table, sync::SpinLock<sync::Rank::kUsers, sync::kIrqOff>> users;
constinit std::atomic<u64> task_count{0};

User* find(const Table& table, u32 uid) {
    return table.find(base::hash_u64(uid), [uid](const User& u) { return u.uid == uid; });
}

}  // namespace

constinit std::atomic<u64> most_tasks{~u64{0}};

u64 all_tasks() { return task_count.load(std::memory_order_relaxed); }

u64 default_most_tasks(u64 total_pages) {
    constexpr u64 kLeast = 20, kPagesPerTask = memory::kKernelStackSize / kPageSize * 8;
    return std::max(kLeast, total_pages / kPagesPerTask);
}

void User::on_last_ref() {
    users.with([this](Table&) {
        if (node.linked()) Table::remove(*this);
    });
    base::destroy(this);
}

Result<UserCount> UserCount::of(u32 uid) {
    Ref<User> fresh = TRY(make_ref<User>(uid));
    OptRef<User> known;
    {
        auto table = users.lock();
        // One whose last reference is just going is as good as not there.
        if (User* u = find(*table, uid); u != nullptr && u->try_add_ref()) known = OptRef<User>::adopt(u);
        if (!known) table->insert(*fresh, base::hash_u64(uid));
    }
    return UserCount(known ? known.ref() : std::move(fresh));
}

UserCount::UserCount(Ref<User> user) : user_(std::move(user)) {
    user_->tasks.fetch_add(1, std::memory_order_relaxed);
    task_count.fetch_add(1, std::memory_order_relaxed);
}

UserCount UserCount::another() const {
    if (!user_) return {};
    return UserCount(user_.ref());
}

void UserCount::release() {
    if (!user_) return;
    user_->tasks.fetch_sub(1, std::memory_order_relaxed);
    task_count.fetch_sub(1, std::memory_order_relaxed);
    user_ = nullptr;
}

}  // namespace process
