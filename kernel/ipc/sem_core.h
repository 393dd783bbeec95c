// The values of a semaphore set and the operations that wait for them; pure.
// Callers: ipc/sem; the host test.
// Locks, context: the set's lock held throughout. Nothing allocates but create().
#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "abi/linux/ipc.h"
#include "base/list.h"
#include "base/result.h"
#include "base/vector.h"

namespace ipc::sem {

// What one undo list gives back to the set at its end: a number a semaphore (Linux: struct sem_undo).
struct Adjustments {
    ListNode node;  // in Semaphores::undos
    Vector<i16> by;
};

// One semop under way; on the stack of the thread that waits.
struct Request {
    std::span<const abi::sembuf> operations;
    i32 pid = 0;
    Adjustments* undo = nullptr;  // set if any operation says SEM_UNDO
    // The operations' end, once known: success or why not (EAGAIN, ERANGE, EIDRM).
    std::optional<Result<void>> end;
    usize blocking = 0;  // the operation that cannot go on
    ListNode node;       // in Semaphores::waiting
    void (*on_end)(Request&) = nullptr;

    bool alters() const {
        return std::ranges::any_of(operations, [](const abi::sembuf& o) { return o.sem_op != 0; });
    }
};

class Semaphores {
  public:
    // ENOMEM.
    Result<void> create(u32 count) { return semaphores_.try_resize(count); }
    u32 count() const { return static_cast<u32>(semaphores_.size()); }

    // All of the operations or none. On success others may go on at once. Without an end the request was queued;
    // give_up() takes it back. All numbers lie below count().
    void submit(Request& request);
    void give_up(Request& request) { request.node.unlink(); }

    i32 value(u32 number) const { return semaphores_[number].value; }
    i32 pid(u32 number) const { return semaphores_[number].pid; }
    // GETNCNT and GETZCNT: the requests that wait for it to grow, or to be zero.
    u32 waiting_for(u32 number, bool zero) const;
    // SETVAL, SETALL: forgets the adjustments of what is set. Values are at most SEMVMX.
    void set(u32 number, u16 value, i32 pid);
    void set_all(std::span<const u16> values, i32 pid);
    // An undo list has ended.
    void undo(Adjustments& adjustments, i32 pid);
    // The set goes: all requests end with EIDRM, undo lists forget it.
    void remove();
    // Whether a request has succeeded since the last call.
    bool take_completed() { return std::exchange(completed_, false); }

    IntrusiveList<Adjustments, &Adjustments::node> undos;

  private:
    struct Semaphore {
        i32 value = 0;
        i32 pid = 0;  // who changed it last
    };
    enum class Attempt : u8 { kDone, kBlocked, kFailed };
    Attempt attempt(Request& request);
    Result<bool> apply(const abi::sembuf& operation, Adjustments* undo);
    void take_back(std::span<const abi::sembuf> operations, Adjustments* undo);
    void wake();
    bool wake_some(bool altering);

    Vector<Semaphore> semaphores_;
    IntrusiveList<Request, &Request::node> waiting_;
    bool completed_ = false;
};

}  // namespace ipc::sem
