// InotifyFile: inotify(7), events of watched files and directories that are read from a file.
// Callers: linux/inotify.
// Locks, context: watches under fs::notify::lock (kNotify), the queue under its own (kEventSource), inside.
#pragma once

#include "base/rb_tree.h"
#include "fs/notify.h"
#include "ipc/inotify_queue.h"
#include "object/file.h"
#include "sync/guarded.h"

namespace ipc {

class InotifyFile;

class InotifyWatch final : public fs::notify::Watch {
  public:
    InotifyWatch(InotifyFile& owner, Ref<fs::Inode> inode) : Watch(std::move(inode)), owner_(owner) {}
    bool on_event(u32 mask, std::string_view name, u32 cookie) override;
    void on_stopped() override;
    InotifyFile& owner() const { return owner_; }

    i32 wd = 0;
    RbNode by_wd{};

  private:
    InotifyFile& owner_;  // stops its watches before it goes
};

class InotifyFile final : public object::File {
  public:
    static constexpr object::Facet kFacet{"inotify"};

    // `uid` is charged. ENOMEM; EMFILE: the user has too many.
    static Result<Ref<InotifyFile>> create(u32 status_flags, u32 uid);

    // A watch on the inode, new or changed: its number. `mask`: abi::IN_*, checked. EEXIST (IN_MASK_CREATE),
    // ENOSPC (the user has too many watches), ENOMEM.
    Result<i32> add_watch(fs::Inode& inode, u32 mask);
    // EINVAL.
    Result<void> remove_watch(i32 wd);

    void* facet(const object::Facet& wanted) override { return &wanted == &kFacet ? this : nullptr; }
    bool can_write() const override { return false; }
    // Whole events. EINVAL when the next one does not fit, EAGAIN, kRESTARTSYS.
    Result<usize> read(object::IoCtx& ctx, vm::IoWriter& to) override;
    Result<i64> ioctl(object::IoctlCtx& ctx) override;
    Result<i64> seek(i64, int) override { return 0; }
    u32 poll(object::PollTable* table) override;
    bool can_poll() const override { return true; }
    bool can_signal() const override { return true; }
    void on_closed() override;
    void describe(base::FormatSink sink) override;
    void describe_info(base::FormatSink sink) override;

    // Use create().
    InotifyFile(u32 status_flags, u32 uid, u32 most_events);
    ~InotifyFile() override;

  private:
    friend class InotifyWatch;
    struct ByWd {
        static bool less(const InotifyWatch& a, const InotifyWatch& b) { return a.wd < b.wd; }
    };
    void push(i32 wd, u32 mask, u32 cookie, std::string_view name);
    bool has_events() { return !queue_.lock()->empty(); }
    InotifyWatch* find(i32 wd);
    i32 next_wd();

    const u32 uid_;
    // Guarded by fs::notify::lock.
    RbTree<InotifyWatch, &InotifyWatch::by_wd, ByWd> watches_;  // holds a reference on each
    i32 last_wd_ = 0;
    bool closed_ = false;
    sync::Guarded<InotifyQueue, sync::SpinLock<sync::Rank::kEventSource>> queue_;
    object::PollSource changed_;
};

// Start-up: /proc/sys/fs/inotify.
Result<void> register_inotify_limits();

}  // namespace ipc
