// Superblock: one mounted instance of a file system, and FilesystemType: what mount(2) makes them with.
// Callers: fs and its file systems; linux/mount.
// Locks, context: thread context; operations may sleep.
#pragma once

#include <atomic>
#include <string_view>

#include "abi/linux/stat.h"
#include "base/format.h"
#include "base/list.h"
#include "base/ref.h"
#include "object/attributes.h"
#include "sched/mutex.h"

namespace sched {
struct Thread;
}
namespace object {
class Credentials;
}

namespace fs {

class Dentry;
class Inode;
class Superblock;

// What statfs(2) tells.
struct Statistics {
    u64 magic = 0;
    u64 block_size = 4096;
    u64 blocks = 0, blocks_free = 0, blocks_available = 0;
    u64 files = 0, files_free = 0;
    u64 name_max = 255;
    u64 id = 0;
};

class Superblock : public RefCounted<Superblock> {
  public:
    explicit Superblock(std::string_view type_name);
    virtual ~Superblock() = default;

    virtual Ref<Inode> root() = 0;
    virtual Result<Statistics> statistics() = 0;
    // sync(2), syncfs(2).
    virtual Result<void> sync() { return {}; }
    // Options as /proc/mounts shows them after "rw,relatime", each with a comma before it.
    virtual void show_options(base::FormatSink) const {}
    // mount(2) with MS_REMOUNT: `data` as given. Default: nothing can be changed, nothing fails.
    virtual Result<void> remount(std::string_view) { return {}; }

    // The last mount is gone and no new one comes: break the circle of root inode and superblock. May not sleep.
    virtual void shutdown() {}
    // The one root dentry, made at the first mount. ENOMEM.
    Result<Ref<Dentry>> root_dentry();
    void drop_root_dentry();
    void mount_added() { mounts_.fetch_add(1, std::memory_order_relaxed); }
    // True for the last.
    bool mount_removed() { return mounts_.fetch_sub(1, std::memory_order_acq_rel) == 1; }

    // Files open for writing, on all its mounts.
    void add_writer() { writers_.fetch_add(1, std::memory_order_relaxed); }
    void remove_writer() { writers_.fetch_sub(1, std::memory_order_relaxed); }
    bool has_writers() const { return writers_.load(std::memory_order_relaxed) != 0; }

    std::string_view type_name() const { return type_name_; }
    object::DeviceNumber device() const { return device_; }
    bool read_only() const { return read_only_.load(std::memory_order_relaxed); }
    void set_read_only(bool on) { read_only_.store(on, std::memory_order_relaxed); }
    // Names change without the VFS: every use of a cached dentry asks Inode::revalidate first (procfs).
    bool revalidates() const { return revalidates_; }
    // Files have handles (name_to_handle_at): their numbers are never given twice.
    bool has_handles() const { return has_handles_; }
    // Files have access control lists (acl.h).
    bool has_acls() const { return has_acls_; }
    // Regular files are mapped in huge pages of the pool.
    bool has_huge_pages() const { return has_huge_pages_; }
    // Negative dentries may be kept.
    bool caches_negative() const { return caches_negative_; }

    // Held by renames between directories: nothing in the file system changes its parent meanwhile.
    sched::Mutex<sync::Rank::kRename> rename_lock;

  protected:
    bool revalidates_ = false;
    bool caches_negative_ = true;
    bool has_handles_ = false;
    bool has_acls_ = false;
    bool has_huge_pages_ = false;

  private:
    std::string_view type_name_;
    object::DeviceNumber device_;  // major 0 and a number of its own
    std::atomic<bool> read_only_{false};
    std::atomic<u32> mounts_{0};
    std::atomic<i32> writers_{0};
    std::atomic<Dentry*> root_dentry_{nullptr};  // holds a reference
};

struct MountRequest {
    sched::Thread* thread = nullptr;  // null during start-up
    std::string_view source;
    std::string_view data;  // option string
    u64 flags = 0;          // abi::MS_*
};

// Static objects, registered once and never gone.
struct FilesystemType {
    std::string_view name;
    bool needs_device = false;  // otherwise "nodev" in /proc/filesystems
    Result<Ref<Superblock>> (*mount)(const MountRequest& request) = nullptr;
    // fsconfig(2): whether "key" or "key=value" may be part of MountRequest::data. Null: mount() will tell.
    Result<void> (*check_option)(std::string_view option) = nullptr;
    ListNode node{};
};
void register_filesystem(FilesystemType& type);
// Null: unknown (ENODEV).
FilesystemType* find_filesystem(std::string_view name);
// fn(type) for each.
void for_each_filesystem(void (*fn)(const FilesystemType&, void*), void* context);

}  // namespace fs
