// User: what all tasks of one real user id have together (Linux: user_struct): today how many there are.
// Callers: process (clone, exit), linux (changes of ids).
// Locks, context: the table under Rank::kUsers, also within the tree lock; counts are atomic. of() allocates.
#pragma once

#include <atomic>

#include "base/list.h"
#include "base/ref.h"
#include "base/result.h"
#include "base/types.h"

namespace process {

class User : public RefCounted<User> {
  public:
    explicit User(u32 id) : uid(id) {}
    void on_last_ref();
    const u32 uid;
    std::atomic<u64> tasks{0};
    ListNode node;  // in the table
};

// One task, or one process that was not waited for, counted for its user.
class UserCount {
  public:
    UserCount() = default;
    // ENOMEM.
    static Result<UserCount> of(u32 uid);
    UserCount(UserCount&& o) noexcept : user_(std::exchange(o.user_, nullptr)) {}
    UserCount& operator=(UserCount&& o) noexcept {
        std::swap(user_, o.user_);
        return *this;
    }
    ~UserCount() { release(); }
    void release();
    // One more of the same user.
    UserCount another() const;
    u64 tasks() const { return user_ ? user_->tasks.load(std::memory_order_relaxed) : 0; }

  private:
    explicit UserCount(Ref<User> user);
    OptRef<User> user_;
};

// Tasks of all users, and how many there may be: /proc/sys/kernel/threads-max.
u64 all_tasks();
extern std::atomic<u64> most_tasks;
// Linux's set_max_threads: kernel stacks may take an eighth of memory. Pure.
u64 default_most_tasks(u64 total_pages);

}  // namespace process
