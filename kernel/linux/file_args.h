// What the file calls share: paths out of user memory, where *at calls start, contexts for the floors below.
// Callers: the families of this folder.
// Locks, context: system-call context; fetches copy from user memory once.
#pragma once

#include <array>
#include <optional>

#include "abi/linux/fcntl.h"
#include "fs/operations.h"
#include "generated/syscall_prototypes.h"
#include "linux/io.h"

namespace linux_abi {

// A path copied in. Declare it [[clang::uninitialized]]: the short buffer is on the stack, longer paths go to the heap.
class PathArg {
  public:
    PathArg() {}  // leaves the buffer as it is
    // EFAULT, ENAMETOOLONG.
    Result<void> fetch(vm::UserCString from) {
        Result<usize> n = from.fetch(short_);
        if (n.ok()) [[likely]] {
            view_ = std::string_view(short_.data(), n.value());
            return {};
        }
        if (n.error() != Errno::kNAMETOOLONG) return n.error();
        return fetch_long(from);
    }
    // The same where an empty path names nothing: ENOENT, before anybody looks at the descriptor.
    Result<void> fetch_name(vm::UserCString from) {
        TRY(fetch(from));
        return view_.empty() ? Result<void>(Errno::kNOENT) : Result<void>();
    }
    std::string_view view() const { return view_; }
    bool empty() const { return view_.empty(); }

  private:
    Result<void> fetch_long(vm::UserCString from);
    std::string_view view_;
    Vector<char> long_;
    std::array<char, 184> short_;
};

inline fs::Caller caller_of(Ctx& ctx) { return {ctx.task, ctx.task.credentials()}; }

// A walk that starts at a descriptor, at the current directory, or (for absolute paths) nowhere.
class WalkFrom {
  public:
    explicit WalkFrom(Ctx& ctx) : walk_{ctx.task.fs(), caller_of(ctx), nullptr} {}
    // ENOENT: the path is empty, and `walk` lacks kEmptyPath. EBADF, ENOTDIR: see also nameless().
    Result<void> at(Ctx& ctx, i32 dfd, std::string_view path, u32 walk = fs::kEmptyPath) {
        if (path.empty() && (walk & fs::kEmptyPath) == 0) return Errno::kNOENT;
        if (dfd == abi::AT_FDCWD || (!path.empty() && path.front() == '/')) [[likely]]
            return {};
        return from_descriptor(ctx, dfd, path.empty());
    }
    // After ENOTDIR: what the empty path means, if it is in no file system (a pipe, a socket). Who needs no place goes on
    // with it.
    object::File* nameless() const { return nameless_.get(); }
    const fs::WalkCtx& operator*() const { return walk_; }
    const fs::WalkCtx* operator->() const { return &walk_; }

  private:
    Result<void> from_descriptor(Ctx& ctx, i32 dfd, bool itself);
    fs::WalkCtx walk_;
    OptRef<object::File> nameless_;
    std::optional<fs::Path> start_;
};

u64 file_size_limit(Ctx& ctx);

// Collects what a floor below writes as text.
struct TextSink {
    String text;
    bool failed = false;
    base::FormatSink sink() {
        return {[](void* self, std::string_view t) {
                    TextSink& to = *static_cast<TextSink*>(self);
                    to.failed = to.failed || !to.text.try_append(t).ok();
                },
                this};
    }
};

}  // namespace linux_abi
