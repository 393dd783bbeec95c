// Credentials: who a task acts as: ids, groups, capabilities. Immutable once published; changed by replacing.
// Callers: everyone from object up. A task reads its own without a reference.
// Locks, context: none; values only. create() and copy() allocate.
#pragma once

#include <algorithm>
#include <span>

#include "abi/linux/capability.h"
#include "base/ref.h"
#include "base/vector.h"

namespace object {

// A set of CAP_* numbers.
struct CapabilitySet {
    u64 bits = 0;
    static constexpr CapabilitySet all() { return {(u64{1} << (abi::CAP_LAST_CAP + 1)) - 1}; }
    constexpr bool has(int capability) const { return (bits >> capability) & 1; }
    constexpr void add(int capability) { bits |= u64{1} << capability; }
    constexpr void remove(int capability) { bits &= ~(u64{1} << capability); }
    constexpr bool subset_of(CapabilitySet o) const { return (bits & ~o.bits) == 0; }
    constexpr bool operator==(const CapabilitySet&) const = default;
    constexpr CapabilitySet operator&(CapabilitySet o) const { return {bits & o.bits}; }
    constexpr CapabilitySet operator|(CapabilitySet o) const { return {bits | o.bits}; }
};

class Credentials : public RefCounted<Credentials> {
  public:
    // Root's: all ids 0, all capabilities.
    static Result<Ref<Credentials>> create_root() { return make_ref<Credentials>(); }
    // A copy to change before it is published with Task::set_credentials. ENOMEM.
    Result<Ref<Credentials>> copy() const {
        Ref<Credentials> c = TRY(make_ref<Credentials>());
        TRY(c->groups.try_reserve(groups.size()));
        for (u32 g : groups) c->groups.push_reserved(g);
        c->uid = uid, c->euid = euid, c->suid = suid, c->fsuid = fsuid;
        c->gid = gid, c->egid = egid, c->sgid = sgid, c->fsgid = fsgid;
        c->effective = effective, c->permitted = permitted, c->inheritable = inheritable;
        c->bounding = bounding, c->ambient = ambient;
        c->securebits = securebits, c->no_new_privs = no_new_privs;
        return c;
    }

    bool capable(int capability) const { return effective.has(capability); }
    // Whether file access by `g` is a member's access (fsgid or a supplementary group).
    bool in_group(u32 g) const { return g == fsgid || in_supplementary(g); }
    // The same for egid.
    bool in_effective_group(u32 g) const { return g == egid || in_supplementary(g); }

    u32 uid = 0, euid = 0, suid = 0, fsuid = 0;
    u32 gid = 0, egid = 0, sgid = 0, fsgid = 0;
    Vector<u32> groups;  // ascending
    CapabilitySet effective = CapabilitySet::all();
    CapabilitySet permitted = CapabilitySet::all();
    CapabilitySet inheritable;
    CapabilitySet bounding = CapabilitySet::all();
    CapabilitySet ambient;
    u32 securebits = 0;
    bool no_new_privs = false;

  private:
    bool in_supplementary(u32 g) const { return std::binary_search(groups.begin(), groups.end(), g); }
};

}  // namespace object
