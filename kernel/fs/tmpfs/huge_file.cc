// Files of huge pages: hugetlbfs, memfd_create(MFD_HUGETLB), and what stands behind mmap(MAP_HUGETLB).
// Source: Linux 6.1, fs/hugetlbfs/inode.c.
#include <algorithm>

#include "abi/linux/fcntl.h"
#include "fs/tmpfs/open_file.h"

namespace fs::tmpfs {
namespace {

class OpenFile final : public MemoryFile<HugeFile> {
  public:
    using MemoryFile::MemoryFile;

    Result<usize> pread(object::IoCtx&, vm::IoWriter& to, u64 offset) override {
        return inode_.pages().read(offset, to);
    }
    Result<usize> pwrite(object::IoCtx&, vm::IoReader&, u64&) override { return Errno::kINVAL; }
    bool can_write() const override { return false; }

  protected:
    Result<u64> seek_end() override { return inode_.pages().size(); }
};

}  // namespace

Result<Ref<Inode>> make_huge_file(TmpfsSuper& super, u32 mode, u64 size, u32 seals) {
    Ref<vm::HugeObject> pages = TRY(vm::HugeObject::create(size));
    TRY(super.charge_inode());
    Result<Ref<HugeFile>> file = make_ref<HugeFile>(super, mode, std::move(pages), seals);
    if (!file.ok()) {
        super.uncharge_inode();
        return file.error();
    }
    return file.take();
}

Result<Ref<object::File>> HugeFile::open(const OpenContext& ctx) { return TRY(make_ref<OpenFile>(*this, ctx.flags)); }

void HugeFile::attributes(object::Attributes& out) const {
    TmpfsInode::attributes(out);
    out.size = object_->size();  // mappings make it grow
    out.blocks = object_->resident_pages() * (kPageSize / 512);
}

Result<void> HugeFile::set_attributes(const AttributeChange& change) {
    AttributeChange rest = change;
    if ((change.what & AttributeChange::kSize) != 0) {
        const u64 old = object_->size();
        if (change.size % vm::kHugeSize != 0) return Errno::kINVAL;
        if (change.size < old && (seals() & abi::F_SEAL_SHRINK) != 0) return Errno::kPERM;
        if (change.size > old && (seals() & abi::F_SEAL_GROW) != 0) return Errno::kPERM;
        object_->set_size(change.size);
        set_size(change.size);
        touch_modified();
        rest.what &= ~AttributeChange::kSize;
    }
    return Inode::set_attributes(rest);
}

Result<void> HugeFile::allocate(u32 mode, u64 offset, u64 length) {
    u64 end;
    if (__builtin_add_overflow(offset, length, &end) || end > u64{1} << 62) return Errno::kFBIG;
    if ((mode & ~u32{abi::FALLOC_FL_KEEP_SIZE | abi::FALLOC_FL_PUNCH_HOLE}) != 0) return Errno::kOPNOTSUPP;
    if ((mode & abi::FALLOC_FL_PUNCH_HOLE) != 0) {
        if ((seals() & (abi::F_SEAL_WRITE | abi::F_SEAL_FUTURE_WRITE)) != 0) return Errno::kPERM;
        return object_->punch(offset, end);
    }
    if (end > object_->size() && (seals() & abi::F_SEAL_GROW) != 0) return Errno::kPERM;
    TRY(object_->populate(offset, end));
    if ((mode & abi::FALLOC_FL_KEEP_SIZE) == 0) object_->grow(end);
    touch_changed();
    return {};
}

}  // namespace fs::tmpfs
