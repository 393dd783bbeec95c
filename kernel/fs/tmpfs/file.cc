// Regular files of tmpfs: their pages are the file.
#include <algorithm>

#include "abi/linux/fcntl.h"
#include "fs/tmpfs/open_file.h"
#include "time/clock.h"

namespace fs::tmpfs {
namespace {

constexpr u64 kMostBytes = 0x7fff'ffff'ffff'ffff;  // MAX_LFS_FILESIZE

class OpenFile final : public MemoryFile<TmpfsFile> {
  public:
    using MemoryFile::MemoryFile;

    Result<usize> pread(object::IoCtx&, vm::IoWriter& to, u64 offset) override {
        Result<usize> n = inode_.pages().read(offset, to);
        touch_accessed(*this);
        return n;
    }
    Result<usize> pwrite(object::IoCtx& ctx, vm::IoReader& from, u64& offset) override {
        sync::LockGuard guard(inode_.lock);
        return inode_.write(ctx, from, offset, append() || (ctx.flags & object::IoCtx::kAppend) != 0);
    }

  protected:
    Result<u64> seek_end() override { return inode_.size(); }
    Result<u64> seek_hole(u64 from, int whence) override {
        const u64 end = inode_.size();
        if (from >= end) return Errno::kNXIO;
        const bool data = whence == abi::SEEK_DATA;
        for (u64 at = from; at < end; at = (at / kPageSize + 1) * kPageSize) {
            if (static_cast<bool>(inode_.pages().find_page(at / kPageSize)) == data) return at;
        }
        if (data) return Errno::kNXIO;
        return end;
    }
};

}  // namespace

Result<Ref<object::File>> TmpfsFile::open(const OpenContext& ctx) { return TRY(make_ref<OpenFile>(*this, ctx.flags)); }

void TmpfsFile::attributes(object::Attributes& out) const {
    TmpfsInode::attributes(out);
    out.blocks = object_->resident_pages() * (kPageSize / 512);
}

void TmpfsFile::evict() { object_->truncate(0); }

Result<void> TmpfsFile::set_attributes(const AttributeChange& change) {
    AttributeChange rest = change;
    if ((change.what & AttributeChange::kSize) != 0) {
        const u64 old = size();
        if (change.size > kMostBytes) return Errno::kFBIG;
        if (change.size < old && (seals() & abi::F_SEAL_SHRINK) != 0) return Errno::kPERM;
        if (change.size > old && (seals() & abi::F_SEAL_GROW) != 0) return Errno::kPERM;
        if (change.size < old) {
            object_->truncate(change.size);
        } else if (change.size > old) {
            object_->grow(change.size);
        }
        set_size(change.size);
        touch_modified();
        rest.what &= ~AttributeChange::kSize;
    }
    if ((change.what & (AttributeChange::kSize | AttributeChange::kUid | AttributeChange::kGid)) != 0)
        drop_capabilities();
    return Inode::set_attributes(rest);
}

Result<usize> TmpfsFile::write(object::IoCtx& ctx, vm::IoReader& from, u64& offset, bool append) {
    if (append) offset = size();
    if (from.empty()) return usize{0};
    if ((seals() & (abi::F_SEAL_WRITE | abi::F_SEAL_FUTURE_WRITE)) != 0) return Errno::kPERM;
    u64 most = std::min(ctx.file_size_limit, kMostBytes);
    if ((seals() & abi::F_SEAL_GROW) != 0) {
        if (offset >= size()) return Errno::kPERM;
        most = std::min(most, size());
    }
    if (offset >= most) return Errno::kFBIG;
    from.truncate(most - offset);
    if (has_xattr()) [[unlikely]]
        drop_capabilities();
    if ((mode() & (abi::S_ISUID | abi::S_ISGID)) != 0) [[unlikely]] {
        if (ctx.credentials != nullptr && !ctx.credentials->capable(abi::CAP_FSETID)) {
            const u32 m = mode() & ~u32{abi::S_ISUID};
            set_mode((m & 010) != 0 ? m & ~u32{abi::S_ISGID} : m);
        }
    }
    Result<usize> n = object_->write(offset, from);
    if (object_->size() > size()) set_size(object_->size());
    touch_modified();
    return n;
}

Result<void> TmpfsFile::clear_part(u64 start, u64 end) {
    vm::PageRef page = object_->find_page(start / kPageSize);
    if (!page) return {};
    base::fill(page.bytes().subspan(start % kPageSize, end - start), 0);
    return {};
}

Result<void> TmpfsFile::punch(u64 start, u64 end) {
    const u64 first = align_up(start, u64{kPageSize});
    const u64 last = align_down(end, u64{kPageSize});
    if (first > last) return clear_part(start, end);
    if (start < first) TRY(clear_part(start, first));
    if (last < end) TRY(clear_part(last, end));
    if (first < last) object_->drop_range(first, last);
    return {};
}

Result<void> TmpfsFile::allocate(u32 mode, u64 offset, u64 length) {
    u64 end;
    if (__builtin_add_overflow(offset, length, &end) || end > kMostBytes) return Errno::kFBIG;
    if ((mode & abi::FALLOC_FL_PUNCH_HOLE) != 0) {
        if (mode != (abi::FALLOC_FL_PUNCH_HOLE | abi::FALLOC_FL_KEEP_SIZE)) return Errno::kOPNOTSUPP;
        if ((seals() & (abi::F_SEAL_WRITE | abi::F_SEAL_FUTURE_WRITE)) != 0) return Errno::kPERM;
        TRY(punch(offset, std::min(end, align_up(size(), u64{kPageSize}))));
        touch_modified();
        return {};
    }
    if ((mode & ~u32{abi::FALLOC_FL_KEEP_SIZE}) != 0) return Errno::kOPNOTSUPP;
    const bool grows = end > size() && (mode & abi::FALLOC_FL_KEEP_SIZE) == 0;
    if (grows && (seals() & abi::F_SEAL_GROW) != 0) return Errno::kPERM;
    if (tmpfs_super().room() < pages_for(end) - offset / kPageSize) return Errno::kNOSPC;
    const u64 old = size();
    if (end > object_->size()) object_->grow(end);
    for (u64 page = offset / kPageSize; page < pages_for(end); page++) {
        Result<vm::PageRef> got = object_->get_page(page, vm::PageAccess::kWrite);
        if (got.ok()) continue;
        object_->truncate(old);
        return Errno::kNOSPC;
    }
    if (grows) {
        set_size(end);
    } else if (object_->size() > size()) {
        // Pages beyond the end are not kept: Linux keeps them, but nothing can see that before the file grows.
        object_->truncate(size());
    }
    touch_modified();
    return {};
}

Result<void> add_seals(vm::MemoryObject& pages, std::atomic<u32>& sealed, u32 seals) {
    constexpr u32 kAll =
        abi::F_SEAL_SEAL | abi::F_SEAL_SHRINK | abi::F_SEAL_GROW | abi::F_SEAL_WRITE | abi::F_SEAL_FUTURE_WRITE;
    if ((seals & ~kAll) != 0) return Errno::kINVAL;
    if ((sealed.load(std::memory_order_relaxed) & abi::F_SEAL_SEAL) != 0) return Errno::kPERM;
    if ((seals & abi::F_SEAL_WRITE) != 0) {
        TRY(pages.seal_writes(vm::WriteSeal::kAll));
    } else if ((seals & abi::F_SEAL_FUTURE_WRITE) != 0) {
        TRY(pages.seal_writes(vm::WriteSeal::kFuture));
    }
    sealed.fetch_or(seals, std::memory_order_relaxed);
    return {};
}

}  // namespace fs::tmpfs
