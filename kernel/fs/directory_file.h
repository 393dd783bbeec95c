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
    // EOPNOTSUPP for the flags of preadv2 (Linux: do_loop_readv_writev).
    Result<usize> pread(object::IoCtx& ctx, vm::IoWriter&, u64) override {
        const bool flags = (ctx.flags & (object::IoCtx::kAppend | object::IoCtx::kSync)) != 0;
        return flags ? Errno::kOPNOTSUPP : Errno::kISDIR;
    }
    Result<usize> pwrite(object::IoCtx&, vm::IoReader&, u64&) override { return Errno::kBADF; }
    Result<void> iterate(object::IoCtx& ctx, object::DirSink& sink) override;
    Result<void> sync(bool) override { return {}; }
    Result<void> check_status_flags(u32 flags) override {
        return (flags & abi::O_DIRECT) != 0 ? Result<void>(Errno::kINVAL) : Result<void>();
    }

  protected:
    // Linux: dcache_dir_lseek() knows no end; generic_file_llseek(), which /proc and /sys have, does.
    Result<u64> seek_end() override {
        if (!inode_.revalidates()) return Errno::kINVAL;
        return inode_.size();
    }
    Result<u64> seek_hole(u64 from, int whence) override {
        if (!inode_.revalidates()) return Errno::kINVAL;
        return File::seek_hole(from, whence);
    }

  private:
    Inode& inode_;  // held by the file's place
};

}  // namespace fs
