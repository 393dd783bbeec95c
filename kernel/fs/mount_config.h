// MountConfig: the file that fsopen(2) and fspick(2) give: a file system being configured, then made, then mounted.
// Callers: linux/mount_api.
// Locks, context: thread context; one operation at a time under its own lock, which is outermost.
// Source: Linux 6.1 fs/fsopen.c, fs/fs_context.c.
#pragma once

#include "base/string.h"
#include "fs/mount.h"
#include "object/file.h"
#include "sync/guarded.h"

namespace fs {

class MountConfig final : public object::File {
  public:
    static constexpr object::Facet kFacet{"fscontext"};
    // For a new file system of `type`. ENOMEM.
    static Result<Ref<MountConfig>> create(const FilesystemType& type);
    // To reconfigure one that is mounted.
    static Result<Ref<MountConfig>> pick(Ref<Superblock> super);
    MountConfig(const FilesystemType* type, OptRef<Superblock> super);

    // fsconfig(2). EBUSY: not the time for it. EINVAL: no such parameter, as far as the type can say in advance.
    Result<void> set_flag(std::string_view key);
    Result<void> set_string(std::string_view key, std::string_view value);
    // A value of another kind, which no file system here takes: only the names of flags are known, whatever comes along.
    Result<void> set_other(std::string_view key);
    // Makes the superblock. EBUSY, and what the file system says.
    Result<void> make(sched::Thread& thread);
    Result<void> reconfigure();
    // fsmount(2): a mount of what was made, once. EINVAL: nothing was made. EBUSY.
    Result<Ref<Mount>> mount(u64 flags);

    // A read gives messages about failures: there are none. ENODATA.
    Result<usize> read(object::IoCtx&, vm::IoWriter&) override { return Errno::kNODATA; }
    void describe(base::FormatSink sink) override;
    void* facet(const object::Facet& wanted) override { return &wanted == &kFacet ? this : nullptr; }

  private:
    enum class Phase : u8 { kParameters, kMade, kPicked, kFailed };
    struct State {
        Phase phase = Phase::kParameters;
        OptRef<Superblock> super;
        String source;
        bool has_source = false;
        String options;  // as for mount(2)
        u64 flags = 0;   // abi::MS_* of the file system
    };
    static Result<void> check_time(const State& s);
    // "ro", "sync" and their kin, which are no options of file systems. False: it is none.
    static bool take_flag(State& s, std::string_view key);
    Result<void> add_option(State& s, std::string_view key, std::string_view value);
    const FilesystemType* const type_;  // null: picked
    sync::Guarded<State, sched::Mutex<sync::Rank::kNamespace>> state_;
};

}  // namespace fs
