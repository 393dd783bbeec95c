// DirectoryFile: an open directory: getdents by way of Inode::iterate.
// Callers: Inode::open.
// Locks, context: the file's offset lock, then the inode's lock shared.
#pragma once

#include "fs/inode.h"

namespace fs {

class DirectoryFile final : public object::File {
  public:
    static Result<Ref<object::File>> create(Inode& inode, u32 flags);
    DirectoryFile(Inode& inode, u32 flags) : File(flags, kSeekable), inode_(inode) {}

    Result<usize> read(object::IoCtx&, vm::IoWriter&) override { return Errno::kISDIR; }
    Result<usize> write(object::IoCtx&, vm::IoReader&) override { return Errno::kBADF; }
    Result<usize> pread(object::IoCtx&, vm::IoWriter&, u64) override { return Errno::kISDIR; }
    Result<usize> pwrite(object::IoCtx&, vm::IoReader&, u64&) override { return Errno::kBADF; }
    Result<void> iterate(object::IoCtx& ctx, object::DirSink& sink) override;
    Result<void> sync(bool) override { return {}; }

  protected:
    // Linux: dcache_dir_lseek() knows no end; generic_file_llseek(), which /proc and /sys have, does.
    Result<u64> seek_end() override {
        if (!inode_.revalidates()) return Errno::kINVAL;
        return inode_.size();
    }

  private:
    Inode& inode_;  // held by the file's place
};

}  // namespace fs
