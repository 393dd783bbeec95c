#include "linux/directory_notice.h"

#include "abi/linux/fcntl.h"
#include "abi/linux/signal.h"
#include "fs/notify.h"
#include "fs/path.h"
#include "fs/procfs/setting.h"
#include "object/io_signal.h"
#include "process/io_signal.h"

namespace linux_abi {
namespace {

constinit fs::procfs::Setting notices_enabled{.value = 1, .least = 0, .most = 0x7fffffff};

// One open directory's wish. It stays until the file is closed, silent when it has told once.
class DirectoryNotice final : public fs::notify::Watch {
  public:
    DirectoryNotice(Ref<fs::Inode> inode, object::File& open_file, int fd)
        : Watch(std::move(inode)), signal_(open_file, fd) {
        file = &open_file;
    }
    ~DirectoryNotice() override { object::cancel_io_signal(signal_); }
    // Under fs::notify::lock.
    void ask(u32 events, bool again_and_again) {
        mask |= events;
        again_and_again_ = again_and_again_ || again_and_again;
    }
    void be_silent() { mask = 0, again_and_again_ = false; }
    bool on_event(u32, std::string_view, u32) override {
        object::post_io_signal(signal_, abi::POLL_MSG);
        if (!again_and_again_) mask = 0;
        return false;
    }
    void on_stopped() override {}

  private:
    object::IoSignal signal_;
    bool again_and_again_ = false;
};

// Linux: convert_arg().
u32 events_of(u32 what) {
    u32 events = 0;
    if (what & abi::DN_ACCESS) events |= abi::IN_ACCESS;
    if (what & abi::DN_MODIFY) events |= abi::IN_MODIFY;
    if (what & abi::DN_CREATE) events |= abi::IN_CREATE | abi::IN_MOVED_TO;
    if (what & abi::DN_DELETE) events |= abi::IN_DELETE | abi::IN_MOVED_FROM;
    if (what & abi::DN_RENAME) events |= abi::IN_MOVED_FROM;
    if (what & abi::DN_ATTRIB) events |= abi::IN_ATTRIB;
    return events;
}

DirectoryNotice* find_notice(fs::Inode& inode, const object::File& file) {
    const auto is_of = [](const fs::notify::Watch& w, const void* f) { return w.file == f; };
    return static_cast<DirectoryNotice*>(fs::notify::find(inode, is_of, &file));
}

using Guard = sync::LockGuard<fs::notify::Lock>;

}  // namespace

Result<void> init_directory_notices() { return fs::procfs::add_setting<notices_enabled>("sys/fs/dir-notify-enable"); }

Result<void> set_directory_notice(process::Task& task, object::File& directory, int fd, u32 what) {
    if (notices_enabled.get() == 0) return Errno::kINVAL;
    fs::Inode* inode = fs::inode_of(directory);
    if ((what & ~abi::DN_MULTISHOT) == 0) {
        if (inode == nullptr) return {};
        Guard guard(fs::notify::lock);
        if (DirectoryNotice* notice = find_notice(*inode, directory)) notice->be_silent();
        return {};
    }
    if (inode == nullptr || !inode->is_directory()) return Errno::kNOTDIR;
    TRY(fs::notify::prepare(*inode));
    Ref<DirectoryNotice> fresh = TRY(make_ref<DirectoryNotice>(Ref<fs::Inode>(*inode), directory, fd));
    process::own_file_if_free(directory, task);
    Guard guard(fs::notify::lock);
    DirectoryNotice* notice = find_notice(*inode, directory);
    if (notice == nullptr) {
        notice = fresh.get();
        fs::notify::start(*notice);
        notice->add_ref();  // the list's, until the file is closed
    }
    notice->ask(events_of(what), (what & abi::DN_MULTISHOT) != 0);
    guard.unlock();
    return {};
}

}  // namespace linux_abi
