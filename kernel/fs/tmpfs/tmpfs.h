// tmpfs: files in memory: the root of every boot, /tmp, /dev, /dev/shm, memfd.
// Callers: fs start-up, devtmpfs, operations (memory files).
// Locks, context: as Inode; pages are vm::AnonymousObject's, read without locks.
#pragma once

#include <atomic>

#include "base/string.h"
#include "fs/inode.h"
#include "fs/superblock.h"
#include "fs/tmpfs/directory_tree.h"
#include "sync/spin_lock.h"
#include "vm/huge_object.h"

namespace fs::tmpfs {

struct Options {
    u64 most_pages = 0;  // 0: no limit
    u64 most_inodes = 0;
    u32 mode = 01777;
    u32 uid = 0, gid = 0;
    bool shows_limits = true;
    bool has_xattrs = true;
    u32 block_size = 4096;  // st_blksize
    bool huge = false;      // hugetlbfs: files of huge pages
};
// size=N[kmg%], nr_blocks=, nr_inodes=, mode=, uid=, gid=. EINVAL for others. Pure.
Result<Options> parse_options(std::string_view text, u64 memory_pages);

class TmpfsSuper final : public Superblock, public vm::PageAccount {
  public:
    static Result<Ref<Superblock>> create(std::string_view type_name, const Options& options);
    explicit TmpfsSuper(std::string_view type_name, const Options& options) : Superblock(type_name), options_(options) {
        has_handles_ = true;
        has_acls_ = options_.has_xattrs;
        has_huge_pages_ = options_.huge;
    }

    const Options& options() const { return options_; }
    Ref<Inode> root() override { return root_.ref(); }
    Result<Statistics> statistics() override;
    void show_options(base::FormatSink sink) const override;
    Result<void> remount(std::string_view data) override;
    void shutdown() override { root_.reset(); }

    u64 next_number() { return next_number_.fetch_add(1, std::memory_order_relaxed); }
    // ENOSPC.
    Result<void> charge_inode();
    void uncharge_inode() { inodes_.fetch_sub(1, std::memory_order_relaxed); }
    bool charge_page() override;
    void uncharge_pages(u64 pages) override { pages_.fetch_sub(pages, std::memory_order_relaxed); }
    // How many pages may still be added; ~0: no limit.
    u64 room() const;
    // As mount(2)'s defaults, beside what is in it already: half of the rest of `memory_pages`, in pages and in inodes.
    void limit_to_half(u64 memory_pages);

  private:
    Options options_;
    OptRef<Inode> root_;  // the inode refers back: see shutdown()
    std::atomic<u64> next_number_{1};
    std::atomic<u64> pages_{0}, inodes_{0};
};

struct Xattr {
    String name;
    Vector<u8> value;
};

// What all tmpfs inodes share: accounting and extended attributes (under the inode's lock).
class TmpfsInode : public Inode {
  public:
    TmpfsInode(TmpfsSuper& super, u32 mode) : Inode(super, super.next_number(), mode) {}
    ~TmpfsInode() override { tmpfs_super().uncharge_inode(); }
    TmpfsSuper& tmpfs_super() const { return static_cast<TmpfsSuper&>(super()); }

    Result<usize> get_xattr(std::string_view name, std::span<u8> value) override;
    Result<void> set_xattr(std::string_view name, std::span<const u8> value, u32 flags) override;
    Result<void> remove_xattr(std::string_view name) override;
    Result<void> list_xattr(base::FormatSink sink) override;
    bool has_xattr() const override { return !xattrs_.empty(); }
    void attributes(object::Attributes& out) const override;

  protected:
    // The data or the owner changes: capabilities of the file go (Linux: cap_inode_killpriv()).
    void drop_capabilities();

  private:
    Vector<Xattr> xattrs_;
};

class TmpfsDirectory final : public TmpfsInode {
  public:
    TmpfsDirectory(TmpfsSuper& super, u32 mode);
    Result<OptRef<Inode>> lookup(const Caller&, const NameKey& name) override;
    Result<Ref<Inode>> create(const Caller&, const NameKey& name, u32 mode, object::DeviceNumber special) override;
    Result<Ref<Inode>> symlink(const Caller&, const NameKey& name, std::string_view target) override;
    Result<void> link(const NameKey& name, Inode& target) override;
    Result<void> unlink(const NameKey& name, Inode& target) override;
    Result<void> rmdir(const NameKey& name, Inode& target) override;
    Result<void> rename(const NameKey& name, Inode& target, Inode& to_dir, const NameKey& to_name, Inode* victim,
                        u32 flags) override;
    Result<Ref<Inode>> create_unnamed(const Caller&, u32 mode) override;
    Result<i64> iterate(const Caller&, i64 cookie, object::DirSink& sink) override;

  private:
    using Tree = DirectoryTree<Ref<Inode>>;
    using Lock = sync::SpinLock<sync::Rank::kInodeList>;
    // ENOENT: the directory is removed.
    Result<void> insert(Own<Tree::Entry> entry);
    void take_out(Tree::Entry& entry);
    // Makes it removed if it is empty.
    bool kill();
    void changed();
    Tree tree_;
    bool dead_ = false;
    // Guards tree_ and dead_ against rmdir, which holds the parent's inode lock and not this one's.
    Lock tree_lock_;
};

class TmpfsLink final : public TmpfsInode {
  public:
    TmpfsLink(TmpfsSuper& super, String target) : TmpfsInode(super, abi::S_IFLNK | 0777), target_(std::move(target)) {
        set_size(target_.size());
    }
    std::string_view link_in_memory() const override { return target_.view(); }
    void attributes(object::Attributes& out) const override;

  private:
    String target_;
};

// fcntl(F_ADD_SEALS) on a file of these pages.
Result<void> add_seals(vm::MemoryObject& pages, std::atomic<u32>& sealed, u32 seals);

class TmpfsFile final : public TmpfsInode {
  public:
    TmpfsFile(TmpfsSuper& super, u32 mode, Ref<vm::AnonymousObject> object, u32 seals)
        : TmpfsInode(super, mode), object_(std::move(object)), seals_(seals) {}
    Result<Ref<object::File>> open(const OpenContext& ctx) override;
    void attributes(object::Attributes& out) const override;
    Result<void> set_attributes(const AttributeChange& change) override;
    void evict() override;

    vm::AnonymousObject& pages() { return *object_; }
    // Inode lock held exclusive.
    Result<usize> write(object::IoCtx& ctx, vm::IoReader& from, u64& offset, bool append);
    Result<void> allocate(u32 mode, u64 offset, u64 length);
    u32 seals() const { return seals_.load(std::memory_order_relaxed); }
    Result<void> add_seals(u32 seals) { return tmpfs::add_seals(*object_, seals_, seals); }

  private:
    Result<void> punch(u64 start, u64 end);
    Result<void> clear_part(u64 start, u64 end);
    Ref<vm::AnonymousObject> object_;
    std::atomic<u32> seals_;
};

// A file of huge pages: it can be mapped and read, not written to.
class HugeFile final : public TmpfsInode {
  public:
    HugeFile(TmpfsSuper& super, u32 mode, Ref<vm::HugeObject> object, u32 seals)
        : TmpfsInode(super, mode), object_(std::move(object)), seals_(seals) {}
    Result<Ref<object::File>> open(const OpenContext& ctx) override;
    void attributes(object::Attributes& out) const override;
    Result<void> set_attributes(const AttributeChange& change) override;
    void evict() override { object_->clear(); }

    vm::HugeObject& pages() { return *object_; }
    // Inode lock held exclusive.
    Result<void> allocate(u32 mode, u64 offset, u64 length);
    u32 seals() const { return seals_.load(std::memory_order_relaxed); }
    Result<void> add_seals(u32 seals) { return tmpfs::add_seals(*object_, seals_, seals); }

  private:
    Ref<vm::HugeObject> object_;
    std::atomic<u32> seals_;
};
// `size` in bytes.
Result<Ref<Inode>> make_huge_file(TmpfsSuper& super, u32 mode, u64 size, u32 seals);

// A regular file that nobody has named yet.
Result<Ref<Inode>> make_file(TmpfsSuper& super, u32 mode, u32 seals);

}  // namespace fs::tmpfs
