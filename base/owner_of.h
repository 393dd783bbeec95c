// owner_of: from a member back to the object that holds it: what intrusive hooks (rcu::Head, wait entries) need.
// Callers: everyone: auto& t = base::owner_of<&Thing::rcu_>(head);
// Locks, context: none.
#pragma once

#include "base/types.h"

namespace base {
namespace detail {
template <typename T, typename M>
T member_owner(M T::*);
template <typename T, typename M>
M member_type(M T::*);
}  // namespace detail

template <auto Member>
auto& owner_of(decltype(detail::member_type(Member))& member) {
    using T = decltype(detail::member_owner(Member));
    // The offset of a member pointer is the same for every object (as in base/list.h).
    alignas(T) static constinit char probe[sizeof(T)] = {};
    T* t = reinterpret_cast<T*>(probe);
    const usize offset = reinterpret_cast<uptr>(&(t->*Member)) - reinterpret_cast<uptr>(t);
    return *reinterpret_cast<T*>(reinterpret_cast<uptr>(&member) - offset);
}
}  // namespace base
