// chmod, chown, utimensat and their older forms.
#include "abi/linux/capability.h"
#include "abi/linux/stat.h"
#include "abi/linux/time.h"
#include "linux/file_args.h"

namespace linux_abi {
namespace {

using fs::TimeChange;

// What calls change that name a file: nothing for what is in no file system (pipes, sockets). Of that nothing is kept, but
// only who may change it is told that it was changed: `may(attributes, credentials)`, else EPERM.
using Place = std::optional<fs::Path>;

Result<Place> without_place(Ctx& ctx, object::File& file, auto may) {
    object::Attributes attributes;
    TRY(file.stat(attributes));
    if (!may(attributes, ctx.task.credentials())) return Errno::kPERM;
    return Place();
}

Result<Place> find(Ctx& ctx, i32 dfd, vm::UserCString name, u32 flags, auto may) {
    [[clang::uninitialized]] PathArg path;
    TRY(path.fetch(name));
    WalkFrom from(ctx);
    u32 walk = (flags & abi::AT_SYMLINK_NOFOLLOW) == 0 ? u32{fs::kFollow} : 0;
    if ((flags & abi::AT_EMPTY_PATH) != 0) walk |= fs::kEmptyPath;
    const Result<void> started = from.at(ctx, dfd, path.view(), walk);
    if (from.nameless() != nullptr) return without_place(ctx, *from.nameless(), may);
    if (!started.ok()) return started.error();
    return Place(TRY(fs::walk(*from, path.view(), walk)));
}

Result<Place> find_open(Ctx& ctx, i32 fd, auto may) {
    object::FileRef f = TRY(ctx.task.files().get(fd));
    Result<fs::Path> path = fs::path_of(*f);
    if (path.ok()) return Place(path.take());
    return without_place(ctx, *f, may);
}

bool is_owners(const object::Attributes& a, const object::Credentials& c) {
    return a.uid == c.fsuid || c.capable(abi::CAP_FOWNER);
}

auto chowner(u32 user, u32 group) {
    return [user, group](const object::Attributes& a, const object::Credentials& c) {
        return fs::may_chown(a.uid, a.gid, c, user, group);
    };
}

Result<i64> chown_at(Ctx& ctx, i32 dfd, vm::UserCString name, u32 user, u32 group, u32 flags) {
    if ((flags & ~u32{abi::AT_SYMLINK_NOFOLLOW | abi::AT_EMPTY_PATH}) != 0) return Errno::kINVAL;
    const Place path = TRY(find(ctx, dfd, name, flags, chowner(user, group)));
    if (path) TRY(fs::chown(caller_of(ctx), *path, user, group));
    return 0;
}

Result<i64> chmod_at(Ctx& ctx, i32 dfd, vm::UserCString name, u32 mode) {
    const Place path = TRY(find(ctx, dfd, name, 0, is_owners));
    if (path) TRY(fs::chmod(caller_of(ctx), *path, mode));
    return 0;
}

// Nanoseconds since 1970, at the ends of what 64 bits hold if it is more.
TimeChange at_time(i64 seconds, i64 ns) {
    return {TimeChange::Kind::kSet, (Duration::seconds(seconds) + Duration::nanoseconds(ns)).ns};
}
Result<TimeChange> from_timespec(const abi::timespec& t) {
    if (t.tv_nsec == abi::UTIME_NOW) return TimeChange{TimeChange::Kind::kNow, 0};
    if (t.tv_nsec == abi::UTIME_OMIT) return TimeChange{};
    if (t.tv_nsec < 0 || t.tv_nsec >= 1'000'000'000) return Errno::kINVAL;
    return at_time(t.tv_sec, t.tv_nsec);
}
Result<TimeChange> from_timeval(const abi::timeval& t) {
    if (t.tv_usec < 0 || t.tv_usec >= 1'000'000) return Errno::kINVAL;
    return at_time(t.tv_sec, t.tv_usec * 1000);
}

struct Times {
    TimeChange accessed{TimeChange::Kind::kNow, 0};
    TimeChange modified{TimeChange::Kind::kNow, 0};
    bool wrong = false;  // told when the file was found
};

Result<i64> set_times_at(Ctx& ctx, i32 dfd, vm::UserCString name, const Times& times, u32 flags) {
    if ((flags & ~u32{abi::AT_SYMLINK_NOFOLLOW | abi::AT_EMPTY_PATH}) != 0) return Errno::kINVAL;
    if (!name && dfd != abi::AT_FDCWD) {
        if ((flags & abi::AT_SYMLINK_NOFOLLOW) != 0) return Errno::kINVAL;
        const Place path = TRY(find_open(ctx, dfd, is_owners));
        if (times.wrong) return Errno::kINVAL;
        if (path) TRY(fs::set_times(caller_of(ctx), *path, times.accessed, times.modified));
        return 0;
    }
    const Place path = TRY(find(ctx, dfd, name, flags, is_owners));
    if (times.wrong) return Errno::kINVAL;
    if (path) TRY(fs::set_times(caller_of(ctx), *path, times.accessed, times.modified));
    return 0;
}

Result<Times> from_timevals(vm::UserIn<abi::timeval> utimes) {
    Times t;
    if (utimes) {
        t.accessed = TRY(from_timeval(TRY(utimes.fetch_at(0))));
        t.modified = TRY(from_timeval(TRY(utimes.fetch_at(1))));
    }
    return t;
}

}  // namespace

Result<i64> sys_chmod(Ctx& ctx, vm::UserCString filename, u32 mode) {
    return chmod_at(ctx, abi::AT_FDCWD, filename, mode);
}
Result<i64> sys_fchmodat(Ctx& ctx, i32 dfd, vm::UserCString filename, u32 mode) {
    return chmod_at(ctx, dfd, filename, mode);
}
Result<i64> sys_fchmod(Ctx& ctx, i32 fd, u32 mode) {
    const Place path = TRY(find_open(ctx, fd, is_owners));
    if (path) TRY(fs::chmod(caller_of(ctx), *path, mode));
    return 0;
}

Result<i64> sys_chown(Ctx& ctx, vm::UserCString filename, u32 user, u32 group) {
    return chown_at(ctx, abi::AT_FDCWD, filename, user, group, 0);
}
Result<i64> sys_lchown(Ctx& ctx, vm::UserCString filename, u32 user, u32 group) {
    return chown_at(ctx, abi::AT_FDCWD, filename, user, group, abi::AT_SYMLINK_NOFOLLOW);
}
Result<i64> sys_fchownat(Ctx& ctx, i32 dfd, vm::UserCString filename, u32 user, u32 group, u32 flag) {
    return chown_at(ctx, dfd, filename, user, group, flag);
}
Result<i64> sys_fchown(Ctx& ctx, i32 fd, u32 user, u32 group) {
    const Place path = TRY(find_open(ctx, fd, chowner(user, group)));
    if (path) TRY(fs::chown(caller_of(ctx), *path, user, group));
    return 0;
}

Result<i64> sys_utimensat(Ctx& ctx, i32 dfd, vm::UserCString filename, vm::UserIn<abi::timespec> utimes, u32 flags) {
    Times t;
    if (utimes) {
        Result<TimeChange> accessed = from_timespec(TRY(utimes.fetch_at(0)));
        Result<TimeChange> modified = from_timespec(TRY(utimes.fetch_at(1)));
        t.wrong = !accessed.ok() || !modified.ok();
        t.accessed = accessed.value_or(TimeChange{});
        t.modified = modified.value_or(TimeChange{});
        // Nothing to do is done before the path is looked at.
        if (!t.wrong && t.accessed.kind == TimeChange::Kind::kOmit && t.modified.kind == TimeChange::Kind::kOmit)
            return 0;
    }
    return set_times_at(ctx, dfd, filename, t, flags);
}
Result<i64> sys_futimesat(Ctx& ctx, i32 dfd, vm::UserCString filename, vm::UserIn<abi::timeval> utimes) {
    return set_times_at(ctx, dfd, filename, TRY(from_timevals(utimes)), 0);
}
Result<i64> sys_utimes(Ctx& ctx, vm::UserCString filename, vm::UserIn<abi::timeval> utimes) {
    return set_times_at(ctx, abi::AT_FDCWD, filename, TRY(from_timevals(utimes)), 0);
}
Result<i64> sys_utime(Ctx& ctx, vm::UserCString filename, vm::UserIn<abi::utimbuf> times) {
    Times t;
    if (times) {
        const abi::utimbuf b = TRY(times.fetch());
        t.accessed = at_time(b.actime, 0);
        t.modified = at_time(b.modtime, 0);
    }
    return set_times_at(ctx, abi::AT_FDCWD, filename, t, 0);
}

}  // namespace linux_abi
