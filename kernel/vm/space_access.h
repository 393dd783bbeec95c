// What vm's own files may touch of an AddressSpace and a MemoryObject beyond their interfaces.
// Callers: vm alone.
// Locks, context: as the members'.
#pragma once

#include "vm/address_space.h"

namespace vm {

struct SpaceAccess {
    static hw::CpuMask cpus(const AddressSpace& s) { return s.cpus_.snapshot(); }
    // Whether it was in already.
    static bool enter(AddressSpace& s, u32 cpu) { return s.cpus_.set(cpu); }
    static void leave(AddressSpace& s, u32 cpu) { s.cpus_.clear(cpu); }
};
void flush_range(AddressSpace& space, u64 first, u64 last);

template <typename Lock>
class [[nodiscard]] SharedGuard {
  public:
    explicit SharedGuard(Lock& lock) : lock_(lock) { lock.lock_shared(); }
    ~SharedGuard() { lock_.unlock_shared(); }
    SharedGuard(const SharedGuard&) = delete;
    SharedGuard& operator=(const SharedGuard&) = delete;

  private:
    Lock& lock_;
};

// Holds the list of mappings of `object` (none: nothing): a mapping's span may change, and page tables that it
// covers may be moved, only so, because truncation walks them without the space's lock.
class [[nodiscard]] RmapGuard {
  public:
    explicit RmapGuard(MemoryObject* object) : object_(object) {
        if (object_ != nullptr) (void)object_->mappings_lock_.lock();
    }
    ~RmapGuard() {
        if (object_ != nullptr) object_->mappings_lock_.unlock({});
    }
    RmapGuard(const RmapGuard&) = delete;
    RmapGuard& operator=(const RmapGuard&) = delete;
    void add(Mapping& m) {
        if (object_ == nullptr) return;
        ListNode& head = object_->mapping_head_;
        m.object_node.next = &head;
        m.object_node.prev = head.prev;
        head.prev->next = &m.object_node;
        head.prev = &m.object_node;
    }

  private:
    MemoryObject* object_;
};

}  // namespace vm
