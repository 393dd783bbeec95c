// What open files of tmpfs and of hugetlbfs have in common: `Node` is the inode's class.
// Callers: fs/tmpfs.
// Locks, context: thread context; changes take the inode's lock.
#pragma once

#include "abi/linux/fcntl.h"
#include "fs/path.h"
#include "fs/tmpfs/tmpfs.h"

namespace fs::tmpfs {

template <typename Node>
class MemoryFile : public object::File {
  public:
    MemoryFile(Node& inode, u32 flags) : File(flags, kSeekable), inode_(inode) {}

    bool mappable() const override { return true; }
    Result<Ref<vm::MemoryObject>> map(const object::MapCtx&) override {
        touch_accessed(*this);
        return Ref<vm::MemoryObject>(inode_.pages());
    }
    Result<void> truncate(u64 size) override {
        sync::LockGuard guard(inode_.lock);
        return inode_.set_attributes({.what = AttributeChange::kSize, .size = size});
    }
    Result<void> allocate(u32 mode, u64 offset, u64 length) override {
        sync::LockGuard guard(inode_.lock);
        return inode_.allocate(mode, offset, length);
    }
    Result<void> sync(bool) override { return {}; }
    Result<i64> control(object::IoCtx& ctx, u32 cmd, u64 arg) override {
        if (cmd == abi::F_GET_SEALS) return inode_.seals();
        if (cmd != abi::F_ADD_SEALS) return File::control(ctx, cmd, arg);
        if (!writable()) return Errno::kPERM;
        sync::LockGuard guard(inode_.lock);
        TRY(inode_.add_seals(static_cast<u32>(arg)));
        return 0;
    }

  protected:
    Node& inode_;  // held by the file's place
};

}  // namespace fs::tmpfs
