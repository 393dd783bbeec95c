// What the three kinds of System V objects share: permissions, numbers, look-up by key. Pure but for
// Credentials. Callers: ipc/shm, sem, msg; the host test. Locks, context: none; the owner of the table guards it.
#pragma once

#include "abi/linux/ipc.h"
#include "base/ref.h"
#include "base/vector.h"
#include "object/credentials.h"

namespace ipc {

// Who asks.
struct SysvCaller {
    const object::Credentials& credentials;
    i32 pid;
};

struct SysvPermissions {
    i32 key = 0;
    i32 id = 0;
    u32 uid = 0, gid = 0;    // IPC_SET changes them
    u32 cuid = 0, cgid = 0;  // the creator
    u32 mode = 0;            // 0777 and flags of the kind
    u16 sequence = 0;

    // `flags`: the rights wanted, for all classes at once (0444, 0666), as shmget's flags. EACCES. Linux:
    // ipcperms().
    Result<void> check(const object::Credentials& c, u32 flags) const {
        const u32 wanted = (flags >> 6) | (flags >> 3) | flags;
        u32 granted = mode;
        if (c.euid == cuid || c.euid == uid) {
            granted >>= 6;
        } else if (c.in_group(cgid) || c.in_group(gid)) {
            granted >>= 3;
        }
        if ((wanted & ~granted & 7) != 0 && !c.capable(abi::CAP_IPC_OWNER)) return Errno::kACCES;
        return {};
    }
    // IPC_SET, IPC_RMID: the owner or the creator. EPERM.
    Result<void> check_owner(const object::Credentials& c) const {
        if (c.euid == cuid || c.euid == uid || c.capable(abi::CAP_SYS_ADMIN)) return {};
        return Errno::kPERM;
    }
    static SysvPermissions make(i32 key, u32 flags, const object::Credentials& c) {
        return {.key = key, .uid = c.euid, .gid = c.egid, .cuid = c.euid, .cgid = c.egid, .mode = flags & 0777};
    }
    abi::ipc64_perm encode() const {
        return {.key = key,
                .uid = uid,
                .gid = gid,
                .cuid = cuid,
                .cgid = cgid,
                .mode = mode,
                .seq = sequence,
                .pad2 = 0,
                .pad3 = 0,
                .unused1 = 0,
                .unused2 = 0};
    }
    // EINVAL: no such ids.
    Result<void> set(const abi::ipc64_perm& p) {
        if (p.uid == ~u32{0} || p.gid == ~u32{0}) return Errno::kINVAL;
        uid = p.uid;
        gid = p.gid;
        mode = (mode & ~u32{0777}) | (p.mode & 0777);
        return {};
    }
};

// Objects by number; T has `SysvPermissions permissions`. A number is a place in the table and a count of how
// often the table was gone through, so that old numbers stay wrong (Linux: ipc_idr_alloc).
template <typename T>
class SysvTable {
  public:
    static constexpr u32 kPlaces = 32768;

    usize size() const { return used_; }
    // The greatest place in use; 0 for none.
    i32 greatest() const {
        for (usize i = places_.size(); i > 0; i--) {
            if (places_[i - 1]) return static_cast<i32>(i - 1);
        }
        return 0;
    }
    // ENOMEM, ENOSPC: `most` are there already.
    Result<void> add(Ref<T> t, u64 most) {
        if (used_ >= most || used_ >= kPlaces) return Errno::kNOSPC;
        const usize window = std::min<usize>(std::max<usize>(used_ * 3 / 2, 64), kPlaces);
        usize at = next_ < window ? next_ : 0;
        while (at < places_.size() && places_[at]) at = at + 1 < window || used_ >= window ? at + 1 : 0;
        if (at >= places_.size()) TRY(places_.try_resize(at + 1));
        if (at + 1 <= next_) sequence_ = sequence_ == 0xffff ? 0 : static_cast<u16>(sequence_ + 1);
        next_ = at + 1;
        t->permissions.sequence = sequence_;
        t->permissions.id = static_cast<i32>(u32{sequence_} % 0x10000 * kPlaces + at);
        places_[at] = std::move(t);
        used_++;
        return {};
    }
    void remove(const T& t) {
        OptRef<T>& place = places_[static_cast<u32>(t.permissions.id) % kPlaces];
        if (place.get() != &t) return;
        place = nullptr;
        used_--;
    }
    // Null: no such key.
    T* find_key(i32 key) const {
        for (const OptRef<T>& t : places_) {
            if (t && t->permissions.key == key) return t.get();
        }
        return nullptr;
    }
    T* at_place(u32 place) const { return place < places_.size() ? places_[place].get() : nullptr; }
    // EINVAL.
    Result<T*> find(i32 id) const {
        if (id < 0) return Errno::kINVAL;
        T* t = at_place(static_cast<u32>(id) % kPlaces);
        if (t == nullptr || t->permissions.id != id) return Errno::kINVAL;
        return t;
    }
    template <typename Fn>
    void for_each(Fn fn) const {
        for (const OptRef<T>& t : places_) {
            if (t) fn(*t);
        }
    }

    // An object by number (IPC_STAT) or by place in the table (SEM_STAT and its like), which only those may see who
    // may read it, unless `any`. EINVAL, EACCES.
    Result<T*> find_status(const SysvCaller& caller, i32 id, bool place, bool any) const {
        T* t = place ? at_place(static_cast<u32>(id)) : TRY(find(id));
        if (t == nullptr) return Errno::kINVAL;
        if (!any) TRY(t->permissions.check(caller.credentials, 0444));
        return t;
    }
    // IPC_SET, IPC_RMID: EINVAL, EPERM.
    Result<T*> find_own(const SysvCaller& caller, i32 id) const {
        T* t = TRY(find(id));
        TRY(t->permissions.check_owner(caller.credentials));
        return t;
    }
    // What semget, msgget and shmget do. create(): a new object's number; fits(T&): EINVAL for an old one that is not
    // what is wanted. EEXIST, ENOENT, EACCES.
    template <typename Create, typename Fits>
    Result<i32> get(const SysvCaller& caller, i32 key, u32 flags, Create create, Fits fits) {
        if (key == abi::IPC_PRIVATE) return create();
        T* found = find_key(key);
        if (found == nullptr) {
            if ((flags & abi::IPC_CREAT) == 0) return Errno::kNOENT;
            return create();
        }
        if ((flags & abi::IPC_CREAT) != 0 && (flags & abi::IPC_EXCL) != 0) return Errno::kEXIST;
        TRY(fits(*found));
        TRY(found->permissions.check(caller.credentials, flags));
        return found->permissions.id;
    }

  private:
    Vector<OptRef<T>> places_;
    usize used_ = 0;
    usize next_ = 0;
    u16 sequence_ = 0;
};

}  // namespace ipc
