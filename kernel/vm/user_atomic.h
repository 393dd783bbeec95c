// UserWord: atomic operations on an aligned 32-bit word of user memory, for futexes.
// Callers: ipc/futex.
// Locks, context: may fault and so sleep; under NoFaults they fail with EFAULT instead.
#pragma once

#include "arch/user_copy.h"
#include "base/result.h"

namespace vm {

class UserWord {
  public:
    explicit UserWord(UserAddr a) : address_(a) {}
    Result<u32> load() const {
        u32 value;
        return done(arch::get_user32(&value, address_.value), value);
    }
    // All give what was there before.
    Result<u32> compare_exchange(u32 expected, u32 desired) const {
        u32 old;
        return done(arch::cmpxchg_user32(address_.value, expected, desired, &old), old);
    }
    Result<u32> exchange(u32 v) const {
        u32 old;
        return done(arch::xchg_user32(address_.value, v, &old), old);
    }
    Result<u32> fetch_add(u32 v) const {
        u32 old;
        return done(arch::add_user32(address_.value, v, &old), old);
    }
    Result<u32> fetch_or(u32 v) const {
        u32 old;
        return done(arch::or_user32(address_.value, v, &old), old);
    }
    Result<u32> fetch_and(u32 v) const {
        u32 old;
        return done(arch::and_user32(address_.value, v, &old), old);
    }
    Result<u32> fetch_xor(u32 v) const {
        u32 old;
        return done(arch::xor_user32(address_.value, v, &old), old);
    }

  private:
    static Result<u32> done(int status, u32 value) { return status == 0 ? Result<u32>(value) : Errno::kFAULT; }
    UserAddr address_;
};

}  // namespace vm
