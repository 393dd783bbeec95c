// What the in-guest tests of address spaces share: the test's thread takes a space and reaches it through user copies.
// Callers: vm's tests.
// Locks, context: thread context.
#pragma once

#include "sched/thread.h"
#include "vm/address_space.h"
#include "vm/user_memory.h"

namespace vm::in_tests {

using vm::AddressSpace;
using vm::MapFlags;
using vm::Prot;

constexpr u64 P = kPageSize;

// The thread's space for a scope.
class Inside {
  public:
    explicit Inside(AddressSpace& s) {
        sched::current().address_space = &s;
        sync::PreemptGuard guard;
        vm::switch_to(&s);
    }
    ~Inside() {
        sched::current().address_space = nullptr;
        sync::PreemptGuard guard;
        vm::leave_space();
    }
};

inline Result<Ref<AddressSpace>> make() {
    Ref<AddressSpace> s = TRY(AddressSpace::create());
    s->set_layout(vm::choose_layout(true, 8 << 20));
    return s;
}

inline bool put(UserAddr a, u64 v) { return vm::UserOut<u64>(a).store(v).ok(); }
inline bool holds(UserAddr a, u64 v) {
    Result<u64> r = vm::UserIn<u64>(a).fetch();
    return r.ok() && r.value() == v;
}
inline bool faults(UserAddr a) { return !vm::UserIn<u64>(a).fetch().ok(); }

inline Result<UserAddr> map(AddressSpace& s, u64 pages, MapFlags flags = MapFlags::kNone, Prot prot = Prot::kReadWrite,
                            UserAddr hint = UserAddr(0)) {
    return s.map({.hint = hint, .length = pages * P, .prot = prot, .flags = flags});
}

}  // namespace vm::in_tests
