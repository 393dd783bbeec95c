#include "fs/walk.h"

#include <optional>

#include "abi/linux/mount.h"
#include "fs/names.h"
#include "fs/rcu_walk.h"
#include "fs/sticky_rules.h"

namespace fs {
namespace {

// What needs more than the cache knows how to check.
constexpr u32 kSlowFlags = kNoXdev | kNoMagicLinks | kNoSymlinks | kBeneath | kInRoot | kCachedOnly;

// The walk that takes references, sleeps and asks file systems.
class RefWalk {
  public:
    RefWalk(const WalkCtx& ctx, u32 flags, bool parent) : ctx_(ctx), flags_(flags), parent_(parent) {}

    Result<ParentPath> run(std::string_view path) {
        TRY(start(path));
        TRY(levels_.try_push({}));
        levels_.back().rest = strip_trailing(path);
        ParentPath result{*here_, {}, LastKind::kRoot, false};
        for (;;) {
            std::string_view& rest = levels_.back().rest;
            skip_slashes(rest);
            if (rest.empty()) {
                if (levels_.size() == 1) break;
                levels_.pop();
                continue;
            }
            TRY(check_search());
            const NameKey key = first_component(rest);
            rest.remove_prefix(key.text.size());
            const bool last = is_last();
            const Special special = special_name(key.text);
            if (special != Special::kNone) {
                if (last && parent_) {
                    result.kind = special == Special::kDot ? LastKind::kDot : LastKind::kDotDot;
                    break;
                }
                if (special == Special::kDotDot) TRY(step_up());
                continue;
            }
            if (last && parent_) {
                result.kind = LastKind::kNormal;
                result.last = key;
                break;
            }
            if (key.text.size() > Name::kMost) return Errno::kNAMETOOLONG;
            TRY(step_down(key, last));
        }
        if (!parent_ && (flags_ & kDirectory) != 0 && !here_->inode().is_directory()) return Errno::kNOTDIR;
        result.directory = *here_;
        result.trailing_slash = trailing_;
        return result;
    }

  private:
    struct Level {
        String text;  // of a link; empty for the caller's path
        std::string_view rest;
    };

    Result<void> start(std::string_view path) {
        if (path.empty() && (flags_ & kEmptyPath) == 0) return Errno::kNOENT;
        const Path base = ctx_.start != nullptr ? *ctx_.start : ctx_.fs.cwd();
        root_ = (flags_ & kInRoot) != 0 ? base : ctx_.fs.root();
        scope_ = base;
        here_ = base;
        if (!path.empty() && path.front() == '/') {
            if ((flags_ & kBeneath) != 0) return Errno::kXDEV;
            here_ = *root_;
        }
        return {};
    }
    std::string_view strip_trailing(std::string_view path) {
        const usize before = path.size();
        while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
        if (path.size() != before) {
            trailing_ = true;
            flags_ |= kFollow | kDirectory;
        }
        return path;
    }
    bool is_last() {
        for (Level& l : levels_) {
            if (l.rest.find_first_not_of('/') != std::string_view::npos) return false;
        }
        return true;
    }
    Result<void> check_search() {
        Inode& inode = here_->inode();
        if (!inode.is_directory()) return Errno::kNOTDIR;
        return check_permission(inode, ctx_.caller.credentials, abi::X_OK);
    }
    Result<void> step_up() {
        if ((flags_ & kBeneath) != 0 && *here_ == *scope_) return Errno::kXDEV;
        Path at = *here_;
        while (!(at == *root_) && at.dentry.get() == &at.mount->root()) {
            if ((flags_ & kNoXdev) != 0) return Errno::kXDEV;
            if (!step_out_of_mount(at)) break;
        }
        if (!(at == *root_)) {
            rcu::ReadGuard rcu;
            for (;;) {
                Dentry* up = at.dentry->parent();
                if (!up->try_add_ref()) continue;  // renamed away just now
                at.dentry = Ref<Dentry>::adopt(*up);
                break;
            }
        }
        const Mount* before = at.mount.get();
        step_into_mounts(at);
        if ((flags_ & kNoXdev) != 0 && at.mount.get() != before) return Errno::kXDEV;
        here_ = at;
        return {};
    }
    Result<void> step_down(const NameKey& key, bool last) {
        Path next{here_->mount, TRY(lookup(ctx_.caller, *here_, key))};
        if (next.dentry->negative()) return Errno::kNOENT;
        step_into_mounts(next);
        if ((flags_ & kNoXdev) != 0 && next.mount.get() != here_->mount.get()) return Errno::kXDEV;
        if (next.inode().is_symlink() && (!last || (flags_ & kFollow) != 0)) return follow(next, last);
        here_ = next;
        return {};
    }
    Result<void> follow(const Path& link, bool last) {
        if ((flags_ & kNoSymlinks) != 0 || (link.mount->flags() & abi::MS_NOSYMFOLLOW) != 0) return Errno::kLOOP;
        if (++links_ > kMostLinks) return Errno::kLOOP;
        Inode& inode = link.inode();
        if (last) TRY(may_follow_link(inode, here_->inode(), ctx_.caller.credentials));
        if (inode.magic_link()) {
            if ((flags_ & kNoMagicLinks) != 0) return Errno::kLOOP;
            if ((flags_ & (kBeneath | kInRoot)) != 0) return Errno::kXDEV;
            Path to = TRY(inode.follow_magic(ctx_.caller));
            if ((flags_ & kNoXdev) != 0 && to.mount.get() != here_->mount.get()) return Errno::kXDEV;
            here_ = to;
            return {};
        }
        if (!inode.revalidates()) inode.touch_accessed(link.mount->flags());
        TRY(levels_.try_push({}));
        Level& level = levels_.back();
        struct Sink {
            String& text;
            bool failed = false;
            void write(std::string_view s) { failed = failed || !text.try_append(s).ok(); }
        } sink{level.text};
        TRY(inode.read_link(ctx_.caller,
                            {[](void* s, std::string_view t) { static_cast<Sink*>(s)->write(t); }, &sink}));
        if (sink.failed) return Errno::kNOMEM;
        level.rest = level.text.view();
        if (level.rest.empty()) return Errno::kNOENT;
        if (last) level.rest = strip_trailing(level.rest);
        if (level.rest.front() == '/') {
            if ((flags_ & kBeneath) != 0) return Errno::kXDEV;
            if ((flags_ & kNoXdev) != 0 && root_->mount.get() != here_->mount.get()) return Errno::kXDEV;
            here_ = *root_;
        }
        return {};
    }

    const WalkCtx& ctx_;
    u32 flags_;
    const bool parent_;
    bool trailing_ = false;
    u32 links_ = 0;
    std::optional<Path> root_, scope_, here_;
    Vector<Level> levels_;
};

Result<ParentPath> walk_slowly(const WalkCtx& ctx, std::string_view path, u32 flags, bool parent) {
    if ((flags & kCachedOnly) != 0) return Errno::kAGAIN;
    RefWalk walk(ctx, flags, parent);
    return walk.run(path);
}

}  // namespace

Result<Ref<Dentry>> lookup_locked(const Caller& caller, Dentry& directory, const NameKey& name) {
    if (OptRef<Dentry> d = dentry_cache.find(directory, name)) {
        if (!directory.inode()->revalidates() || (!d->negative() && d->inode()->revalidate(caller))) return d.take();
        dentry_cache.invalidate(*d);
    }
    if (directory.inode()->links() == 0) return Errno::kNOENT;  // removed
    if (name.text.size() > Name::kMost) return Errno::kNAMETOOLONG;
    OptRef<Inode> found = TRY(directory.inode()->lookup(caller, name));
    return dentry_cache.add(directory, name, std::move(found));
}

Result<Ref<Dentry>> lookup(const Caller& caller, const Path& directory, const NameKey& name) {
    if (OptRef<Dentry> d = dentry_cache.find(*directory.dentry, name)) {
        if (!directory.inode().revalidates() || (!d->negative() && d->inode()->revalidate(caller))) return d.take();
    }
    Inode& inode = directory.inode();
    inode.lock.lock_shared();
    Result<Ref<Dentry>> d = lookup_locked(caller, *directory.dentry, name);
    inode.lock.unlock_shared();
    return d;
}

Result<Path> walk(const WalkCtx& ctx, std::string_view path, u32 flags) {
    if ((flags & kSlowFlags & ~kCachedOnly) == 0 && !path.empty()) [[likely]] {
        rcu::ReadGuard rcu;
        RcuWalk fast(ctx, flags, false);
        switch (fast.run(path)) {
            case RcuWalk::Outcome::kError: return fast.error_value();
            case RcuWalk::Outcome::kFound: {
                OptRef<Mount> mount;
                OptRef<Dentry> dentry;
                if (fast.take(mount, dentry)) {
                    if ((flags & kUnmount) == 0) mount->used();
                    return Path{mount.take(), dentry.take()};
                }
                break;
            }
            case RcuWalk::Outcome::kGiveUp: break;
        }
    }
    ParentPath p = TRY(walk_slowly(ctx, path, flags, false));
    if ((flags & kUnmount) == 0) p.directory.mount->used();
    return std::move(p.directory);
}

Result<ParentPath> walk_parent(const WalkCtx& ctx, std::string_view path, u32 flags) {
    if (path.empty()) return Errno::kNOENT;
    if ((flags & kSlowFlags & ~kCachedOnly) == 0) [[likely]] {
        rcu::ReadGuard rcu;
        RcuWalk fast(ctx, flags, true);
        switch (fast.run(path)) {
            case RcuWalk::Outcome::kError: return fast.error_value();
            case RcuWalk::Outcome::kFound: {
                OptRef<Mount> mount;
                OptRef<Dentry> dentry;
                if (!fast.take(mount, dentry)) break;
                mount->used();
                return ParentPath{Path{mount.take(), dentry.take()}, fast.last_name(), fast.last_kind(),
                                  fast.trailing_slash()};
            }
            case RcuWalk::Outcome::kGiveUp: break;
        }
    }
    return walk_slowly(ctx, path, flags, true);
}

Result<Path> walk_to_magic_link(const WalkCtx& ctx, std::string_view path, u32 flags) {
    flags &= ~u32{kFollow | kDirectory};
    String text;
    Path start = ctx.start != nullptr ? *ctx.start : ctx.fs.cwd();
    for (u32 links = 0; links <= kMostLinks; links++) {
        const WalkCtx here{ctx.fs, ctx.caller, &start};
        Path link = TRY(walk(here, path, flags));
        Inode& inode = link.inode();
        if (!inode.is_symlink()) return Errno::kNXIO;
        if (inode.magic_link()) return link;
        ParentPath parent = TRY(walk_parent(here, path, flags));
        text = TRY(link_text(ctx.caller, inode));
        path = text.view();
        start = std::move(parent.directory);
    }
    return Errno::kLOOP;
}

Result<void> walk_attributes(const WalkCtx& ctx, std::string_view path, u32 flags, object::Attributes& out) {
    if ((flags & kSlowFlags) == 0 && !path.empty()) [[likely]] {
        rcu::ReadGuard rcu;
        RcuWalk fast(ctx, flags, false);
        const RcuWalk::Outcome outcome = fast.run(path);
        if (outcome == RcuWalk::Outcome::kFound) [[likely]] {
            // Inodes that must be asked whether they still tell the truth (procfs) may sleep: not under RCU.
            if (!fast.inode().revalidates()) [[likely]] {
                fast.inode().attributes(out);
                out.mount_id = fast.mount().id();
                out.mount_root = &fast.dentry() == &fast.mount().root();
                if (fast.still_true()) {
                    fast.mount().used();
                    return {};
                }
            }
        } else if (outcome == RcuWalk::Outcome::kError) {
            return fast.error_value();
        }
    }
    Result<Path> found = walk(ctx, path, flags);
    if (!found.ok() && found.error() == Errno::kNXIO) {
        return TRY(walk_to_magic_link(ctx, path, flags)).inode().magic_attributes(ctx.caller, out);
    }
    attributes_of(TRY(std::move(found)), out);
    return {};
}

}  // namespace fs
