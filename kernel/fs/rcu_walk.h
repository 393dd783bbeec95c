// RcuWalk: a walk over cached dentries that takes no lock and no reference, and gives up at anything unusual.
// Callers: walk.cc.
// Locks, context: under rcu::ReadGuard from run() to the last use of the result; never sleeps.
// Source: Linux, Documentation/filesystems/path-lookup.rst (RCU-walk); each step is checked by the sequence of the
// dentry it leaves, so a result is one that existed at some moment of the walk.
#pragma once

#include <array>

#include "abi/linux/mount.h"
#include "fs/dentry_cache.h"
#include "fs/path_parser.h"
#include "fs/sticky_rules.h"
#include "fs/walk.h"

namespace fs {

class RcuWalk {
  public:
    enum class Outcome : u8 { kFound, kError, kGiveUp };
    // With `parent`: stops in front of the last component.
    RcuWalk(const WalkCtx& ctx, u32 flags, bool parent) : ctx_(ctx), flags_(flags), parent_(parent) {}

    [[gnu::always_inline]] Outcome run(std::string_view path) {
        mounts_ = mount_sequence().peek();
        if ((mounts_ & 1) != 0) return Outcome::kGiveUp;
        if (!start(path)) return Outcome::kGiveUp;
        strip_trailing(path);
        for (;;) {
            skip_slashes(path);
            if (path.empty()) {
                if (depth_ == 0) return finish();
                path = rest_[--depth_];
                continue;
            }
            if (!here_.inode->is_directory()) return error(Errno::kNOTDIR);
            if (here_.inode->revalidates()) return Outcome::kGiveUp;
            if ((here_.inode->mode() & 0111) != 0111 &&
                !check_permission(*here_.inode, ctx_.caller.credentials, abi::X_OK).ok()) {
                return error(Errno::kACCES);
            }
            const NameKey key = first_component(path);
            path.remove_prefix(key.text.size());
            const bool last = depth_ == 0 && path.empty();
            const Special special = special_name(key.text);
            if (special != Special::kNone) [[unlikely]] {
                if (last && parent_) {
                    kind_ = special == Special::kDot ? LastKind::kDot : LastKind::kDotDot;
                    return finish();
                }
                if (special == Special::kDotDot && !step_up()) return Outcome::kGiveUp;
                continue;
            }
            if (last && parent_) {
                key_ = key;
                kind_ = LastKind::kNormal;
                return finish();
            }
            if (key.text.size() > Name::kMost) return error(Errno::kNAMETOOLONG);
            const Outcome o = step_down(key, path, last);
            if (o != Outcome::kFound) return o;
        }
    }

    // Of kError.
    Errno error_value() const { return error_; }
    // Of kFound: valid until RCU ends, and true if still_true() afterwards.
    Inode& inode() const { return *here_.inode; }
    const Mount& mount() const { return *here_.mount; }
    const Dentry& dentry() const { return *here_.dentry; }
    bool still_true() const {
        return !here_.dentry->sequence().read_retry(here_.sequence) && !mount_sequence().read_retry(mounts_);
    }
    // References on the result; false: the walk must be done again.
    bool take(OptRef<Mount>& mount, OptRef<Dentry>& dentry) const {
        if (!here_.mount->try_add_ref()) return false;
        mount = OptRef<Mount>::adopt(here_.mount);
        if (!here_.dentry->try_add_ref()) return false;
        dentry = OptRef<Dentry>::adopt(here_.dentry);
        return still_true();
    }
    const NameKey& last_name() const { return key_; }
    LastKind last_kind() const { return kind_; }
    bool trailing_slash() const { return trailing_; }

  private:
    struct Here {
        Mount* mount;
        Dentry* dentry;
        Inode* inode;
        u32 sequence;
    };

    bool enter(Mount* mount, Dentry* dentry) {
        here_.mount = mount;
        here_.dentry = dentry;
        here_.sequence = dentry->sequence().peek();
        here_.inode = dentry->inode();
        return (here_.sequence & 1) == 0 && here_.inode != nullptr;
    }
    bool enter_root() {
        const FsContext::Place p = ctx_.fs.root_rcu();
        return enter(p.mount, p.dentry);
    }
    bool start(std::string_view path) {
        if (!path.empty() && path.front() == '/') return enter_root();
        if (ctx_.start != nullptr) return enter(ctx_.start->mount.get(), ctx_.start->dentry.get());
        const FsContext::Place p = ctx_.fs.cwd_rcu();
        return enter(p.mount, p.dentry);
    }
    // A slash at the end wants a directory, and a link there to be followed.
    void strip_trailing(std::string_view& path) {
        const usize before = path.size();
        while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
        if (path.size() == before) return;
        trailing_ = true;
        flags_ |= kFollow | kDirectory;
    }
    [[gnu::always_inline]] Outcome step_down(const NameKey& key, std::string_view& path, bool last) {
        u32 sequence = 0;
        Dentry* child = dentry_cache.find_rcu(*here_.dentry, key, sequence);
        if (child == nullptr) return Outcome::kGiveUp;
        Inode* inode = child->inode();
        if (here_.dentry->sequence().read_retry(here_.sequence)) return Outcome::kGiveUp;
        Here next{here_.mount, child, inode, sequence};
        if (inode == nullptr) {
            here_ = next;
            return error(Errno::kNOENT);
        }
        while (next.dentry->mountpoint()) [[unlikely]] {
            Mount* m = mounted_at(*next.mount, *next.dentry);
            if (m == nullptr) break;
            Dentry& root = m->root();
            next = {m, &root, root.inode(), root.sequence().peek()};
        }
        if (next.inode->is_symlink() && (!last || (flags_ & kFollow) != 0)) [[unlikely]]
            return follow(next, path, last);
        here_ = next;
        return Outcome::kFound;
    }
    [[gnu::noinline]] Outcome follow(const Here& link, std::string_view& path, bool last) {
        std::string_view text = link.inode->link_in_memory();
        if (text.empty() || link.dentry->sequence().read_retry(link.sequence)) return Outcome::kGiveUp;
        if ((link.mount->flags() & abi::MS_NOSYMFOLLOW) != 0) return error(Errno::kLOOP);
        if (++links_ > kMostLinks) return error(Errno::kLOOP);
        if (last) {
            if (protected_symlinks.get() != 0) return Outcome::kGiveUp;
            strip_trailing(text);
        } else if (!path.empty()) {
            if (depth_ == rest_.size()) return Outcome::kGiveUp;
            rest_[depth_++] = path;
        }
        path = text;
        if (text.front() == '/' && !enter_root()) return Outcome::kGiveUp;
        return Outcome::kFound;
    }
    [[gnu::noinline]] bool step_up() {
        const FsContext::Place root = ctx_.fs.root_rcu();
        if (here_.mount == root.mount && here_.dentry == root.dentry) return true;
        Mount* mount = here_.mount;
        Dentry* dentry = here_.dentry;
        while (dentry == &mount->root()) {
            Mount* parent = mount->parent();
            Dentry* place = mount->mountpoint();
            if (parent == nullptr || place == nullptr) break;  // the root of everything
            mount = parent;
            dentry = place;
            if (mount == root.mount && dentry == root.dentry) break;
        }
        if (!(mount == root.mount && dentry == root.dentry)) {
            Dentry* up = dentry->parent();
            if (here_.dentry == dentry && here_.dentry->sequence().read_retry(here_.sequence)) return false;
            dentry = up;
        }
        if (!enter(mount, dentry)) return false;
        // Something may be mounted over the parent.
        while (here_.dentry->mountpoint()) {
            Mount* m = mounted_at(*here_.mount, *here_.dentry);
            if (m == nullptr) break;
            if (!enter(m, &m->root())) return false;
        }
        return true;
    }
    Outcome error(Errno e) {
        if (!still_true()) return Outcome::kGiveUp;
        error_ = e;
        return Outcome::kError;
    }
    Outcome finish() {
        if (!parent_ && (flags_ & kDirectory) != 0 && !here_.inode->is_directory()) return error(Errno::kNOTDIR);
        return Outcome::kFound;
    }

    const WalkCtx& ctx_;
    u32 flags_;
    const bool parent_;
    bool trailing_ = false;
    LastKind kind_ = LastKind::kRoot;
    u32 mounts_ = 0;
    u32 links_ = 0;
    u32 depth_ = 0;
    Errno error_{};
    Here here_{};
    NameKey key_;
    std::array<std::string_view, 4> rest_;  // what follows after each link
};

}  // namespace fs
