// System V shared memory: segments by key and number, attached to address spaces.
// Callers: linux/shm.
// Locks, context: one sleeping lock (kGeneric) around all segments: a leaf, taken also where mappings go. No
// user memory is touched under it.
#pragma once

#include "ipc/sysv.h"
#include "object/file.h"
#include "vm/address_space.h"

namespace ipc::shm {

class Segment;

// One attachment: the file that its mappings hold, counted by them.
class Attachment final : public object::File {
  public:
    static constexpr object::Facet kFacet{"shm"};
    Attachment(Ref<Segment> segment, u32 flags);
    ~Attachment() override;
    Segment& segment() const { return *segment_; }
    void* facet(const object::Facet& wanted) override { return &wanted == &kFacet ? this : nullptr; }
    Result<void> stat(object::Attributes& out) override;
    void describe(base::FormatSink sink) override;

    ListNode node;
    bool mapped = false;  // shmat has succeeded

  private:
    const Ref<Segment> segment_;
};

class Segment : public RefCounted<Segment> {
  public:
    Segment(SysvPermissions p, u64 bytes, Ref<vm::MemoryObject> pages, i32 pid);
    SysvPermissions permissions;
    const u64 bytes;
    const Ref<vm::MemoryObject> pages;
    // Seconds since 1970. Detaching counts by shmdt and when all mappings of an attachment have gone.
    i64 attached_s = 0, detached_s = 0, changed_s = 0;
    const i32 creator_pid;
    i32 last_pid = 0;
    IntrusiveList<Attachment, &Attachment::node> attachments;
    // How many mappings there are.
    u64 attach_count() const;
};

using Caller = SysvCaller;

// shmget: the segment's number. EINVAL, EEXIST, ENOENT, EACCES, ENOSPC, ENOMEM.
Result<i32> get(const Caller& caller, i32 key, u64 size, u32 flags);
// shmat. EINVAL, EACCES, ENOMEM.
Result<UserAddr> attach(const Caller& caller, vm::AddressSpace& space, i32 id, UserAddr where, u32 flags);
// shmdt. EINVAL.
Result<void> detach(const Caller& caller, vm::AddressSpace& space, UserAddr where);

// shmctl's commands. `place`: the number is a place in the table (SHM_STAT). The segment's number. EINVAL,
// EACCES.
Result<i32> status(const Caller& caller, i32 id, bool place, bool any, abi::shmid64_ds& out);
// EPERM, EINVAL.
Result<void> set(const Caller& caller, i32 id, const abi::ipc64_perm& permissions);
Result<void> remove(const Caller& caller, i32 id);
Result<void> set_locked(const Caller& caller, i32 id, bool locked, bool may_lock);
// IPC_INFO, SHM_INFO: the greatest place in use.
i32 limits(abi::shminfo64& out);
i32 usage(abi::shm_info& out);

// Start-up: /proc/sys/kernel/shm*, /proc/sysvipc/shm.
Result<void> init();

}  // namespace ipc::shm
