#include "fs/file_handle.h"

#include "abi/linux/dirent.h"
#include "fs/path_parser.h"

namespace fs {
namespace {

u64 number_of(const FileHandle& h) { return u64{h.number_high} << 32 | h.number_low; }

// What one directory holds: its directories, and the name of what is looked for.
class Listing final : public object::DirSink {
  public:
    explicit Listing(u64 wanted) : wanted_(wanted) {}
    bool add(std::string_view name, u64 inode, u32 type, i64) override {
        if (inode != wanted_ && type != abi::DT_DIR) return true;
        Result<String> text = String::create(name);
        failed_ = failed_ || !text.ok();
        if (failed_) return false;
        if (inode == wanted_) {
            found_ = text.take();
            return false;
        }
        failed_ = !directories_.try_push(text.take()).ok();
        return !failed_;
    }
    Result<void> read(const Caller& caller, Inode& directory) {
        directory.lock.lock_shared();
        const Result<i64> next = directory.links() == 0 ? Result<i64>(0) : directory.iterate(caller, 2, *this);
        directory.lock.unlock_shared();
        if (failed_) return Errno::kNOMEM;
        return next.ok() ? Result<void>() : Result<void>(next.error());
    }
    std::string_view found() const { return found_.view(); }
    const Vector<String>& directories() const { return directories_; }

  private:
    const u64 wanted_;
    bool failed_ = false;
    String found_;
    Vector<String> directories_;
};

}  // namespace

Result<FileHandle> handle_of(const Path& path) {
    if (!path.mount->super().has_handles()) return Errno::kOPNOTSUPP;
    const u64 number = path.inode().number();
    return FileHandle{0, static_cast<u32>(number), static_cast<u32>(number >> 32)};
}

Result<Path> find_by_handle(const Caller& caller, const Ref<Mount>& mount, const FileHandle& handle) {
    Superblock& super = mount->super();
    if (!super.has_handles() || handle.generation != 0) return Errno::kSTALE;
    Vector<Path> to_search;
    TRY(to_search.try_push(Path{mount, TRY(super.root_dentry())}));
    if (to_search.back().inode().number() == number_of(handle)) return to_search.back();
    while (!to_search.empty()) {
        if (caller.thread.interrupted()) return Errno::kINTR;
        const Path directory = to_search.back();
        to_search.pop();
        Listing listing(number_of(handle));
        TRY(listing.read(caller, directory.inode()));
        const auto child = [&](std::string_view name) -> Result<Path> {
            Ref<Dentry> d = TRY(lookup(caller, directory, name_key(name)));
            if (d->negative()) return Errno::kSTALE;  // removed just now
            return Path{mount, std::move(d)};
        };
        if (!listing.found().empty()) return child(listing.found());
        for (const String& name : listing.directories()) {
            Result<Path> below = child(name.view());
            if (below.ok()) TRY(to_search.try_push(below.take()));
        }
    }
    return Errno::kSTALE;
}

}  // namespace fs
