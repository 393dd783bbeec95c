#include "fs/cpio/unpack.h"

#include "fs/cpio/parser.h"
#include "fs/kernel_caller.h"
#include "fs/operations.h"
#include "log/log.h"
#include "time/clock.h"

namespace fs::cpio {
namespace {

// A file with more than one name, by its number in the archive.
struct Known {
    u32 inode;
    u32 device;
    std::string_view name;
};

class Unpacker {
  public:
    Unpacker() : ctx_{kernel_context(), kernel_caller()} {}

    Result<void> add(const Entry& e) {
        std::string_view name = e.name;
        while (name.starts_with("/") || name.starts_with("./")) name.remove_prefix(name.front() == '/' ? 1 : 2);
        if (name.empty() || name == ".") name = "/";
        switch (e.mode & abi::S_IFMT) {
            case abi::S_IFDIR: return add_directory(e, name);
            case abi::S_IFREG: return add_file(e, name);
            case abi::S_IFLNK: {
                TRY(clear_way(name));
                std::string_view target = base::text_of(e.data);
                while (target.ends_with('\0')) target.remove_suffix(1);
                TRY(symlink(ctx_, target, name));
                return finish(e, name, false);
            }
            case abi::S_IFCHR:
            case abi::S_IFBLK:
            case abi::S_IFIFO:
            case abi::S_IFSOCK:
                TRY(clear_way(name));
                TRY(mknod(ctx_, name, e.mode, {e.special_major, e.special_minor}));
                return finish(e, name, true);
            default: return Errno::kINVAL;
        }
    }
    void end_of_archive() { links_.clear(); }

  private:
    // A later archive replaces what an earlier one brought.
    Result<void> clear_way(std::string_view name) {
        Result<void> r = unlink(ctx_, name);
        if (r.ok() || r.error() == Errno::kNOENT) return {};
        if (r.error() == Errno::kISDIR) return rmdir(ctx_, name);
        return r;
    }
    Result<void> add_directory(const Entry& e, std::string_view name) {
        Result<void> r = mkdir(ctx_, name, e.mode);
        if (!r.ok() && r.error() != Errno::kEXIST) return r;
        return finish(e, name, true);
    }
    Result<void> add_file(const Entry& e, std::string_view name) {
        const u32 device = e.device_major << 20 | e.device_minor;
        const Known* first = nullptr;
        if (e.links > 1) {
            for (const Known& k : links_) {
                if (k.inode == e.inode && k.device == device) first = &k;
            }
        }
        if (first != nullptr) {
            TRY(clear_way(name));
            TRY(link(TRY(walk(ctx_, first->name, 0)), ctx_, name));
            // The data comes with the last name alone.
            if (e.data.empty()) return {};
        } else {
            if (e.links > 1) TRY(links_.try_push({e.inode, device, name}));
            TRY(clear_way(name));
        }
        {
            const u32 flags = abi::O_WRONLY | (first == nullptr ? abi::O_CREAT | abi::O_EXCL : 0);
            Ref<object::File> file = TRY(open(ctx_, name, {.flags = flags, .mode = 0600}));
            object::IoCtx io{ctx_.caller.thread};
            vm::IoReader from = vm::IoReader::from_kernel(e.data);
            u64 at = 0;
            while (!from.empty()) {
                const usize n = TRY(file->pwrite(io, from, at));
                if (n == 0) return Errno::kNOSPC;
                at += n;
            }
        }
        return finish(e, name, true);
    }
    Result<void> finish(const Entry& e, std::string_view name, bool follow) {
        const Path path = TRY(walk(ctx_, name, 0));
        const i64 modified = i64{e.mtime} * 1'000'000'000;
        AttributeChange change{.what = AttributeChange::kUid | AttributeChange::kGid | AttributeChange::kModified |
                                       AttributeChange::kAccessed,
                               .uid = e.uid,
                               .gid = e.gid,
                               .accessed_ns = modified,
                               .modified_ns = modified};
        if (follow) {
            change.what |= AttributeChange::kMode;
            change.mode = e.mode & 07777;
        }
        return path.inode().set_attributes(change);
    }

    WalkCtx ctx_;
    Vector<Known> links_;
};

}  // namespace

Result<void> unpack(std::span<const u8> archive) {
    Parser parser(archive);
    Unpacker unpacker;
    const Instant start = time::now();
    u64 count = 0;
    for (;;) {
        Entry e;
        switch (parser.next(e)) {
            case Parser::Step::kEnd:
                log::info("initrd: {} entries from {} KiB in {} ms", count, archive.size() / 1024,
                          (time::now() - start).ns / 1'000'000);
                return {};
            case Parser::Step::kTrailer: unpacker.end_of_archive(); break;
            case Parser::Step::kBroken:
                log::error("initrd: {} at byte {} of {} (entry {}); what came before it is kept", parser.problem(),
                           parser.offset(), archive.size(), count + 1);
                return Errno::kINVAL;
            case Parser::Step::kEntry: {
                count++;
                const Result<void> r = unpacker.add(e);
                if (!r.ok()) {
                    log::error("initrd: cannot make '{}' (entry {}, byte {}): {}", e.name, count, parser.offset(),
                               r.error());
                    if (r.error() == Errno::kNOMEM || r.error() == Errno::kNOSPC) return r.error();
                }
                break;
            }
        }
    }
}

}  // namespace fs::cpio
