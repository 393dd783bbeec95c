#include "fs/mount_config.h"

#include <optional>

#include "abi/linux/mount.h"
#include "fs/mount_operations.h"

namespace fs {
namespace {

struct FlagName {
    std::string_view name;
    u64 set, clear;
};
// Linux: common_set_sb_flag, common_clear_sb_flag (fs/fs_context.c).
constexpr std::array<FlagName, 9> kFlags = {{{"dirsync", abi::MS_DIRSYNC, 0},
                                             {"lazytime", abi::MS_LAZYTIME, 0},
                                             {"mand", abi::MS_MANDLOCK, 0},
                                             {"ro", abi::MS_RDONLY, 0},
                                             {"sync", abi::MS_SYNCHRONOUS, 0},
                                             {"async", 0, abi::MS_SYNCHRONOUS},
                                             {"nolazytime", 0, abi::MS_LAZYTIME},
                                             {"nomand", 0, abi::MS_MANDLOCK},
                                             {"rw", 0, abi::MS_RDONLY}}};

const FlagName* find_flag(std::string_view key) {
    for (const FlagName& f : kFlags) {
        if (f.name == key) return &f;
    }
    return nullptr;
}

}  // namespace

MountConfig::MountConfig(const FilesystemType* type, OptRef<Superblock> super) : File(abi::O_RDWR), type_(type) {
    auto s = state_.lock();
    s->phase = super ? Phase::kPicked : Phase::kParameters;
    if (super && super->read_only()) s->flags = abi::MS_RDONLY;
    s->super = std::move(super);
}

Result<Ref<MountConfig>> MountConfig::create(const FilesystemType& type) {
    return make_ref<MountConfig>(&type, OptRef<Superblock>());
}
Result<Ref<MountConfig>> MountConfig::pick(Ref<Superblock> super) {
    return make_ref<MountConfig>(nullptr, OptRef<Superblock>(std::move(super)));
}

Result<void> MountConfig::check_time(const State& s) {
    if (s.phase != Phase::kParameters && s.phase != Phase::kPicked) return Errno::kBUSY;
    return {};
}

bool MountConfig::take_flag(State& s, std::string_view key) {
    const FlagName* const f = find_flag(key);
    if (f != nullptr) s.flags = (s.flags | f->set) & ~f->clear;
    return f != nullptr;
}

Result<void> MountConfig::add_option(State& s, std::string_view key, std::string_view value) {
    String option = TRY(String::create(key));
    if (!value.empty()) {
        TRY(option.try_append("="));
        TRY(option.try_append(value));
    }
    if (type_ != nullptr && type_->check_option != nullptr) TRY(type_->check_option(option.view()));
    if (!s.options.view().empty()) TRY(s.options.try_append(","));
    return s.options.try_append(option.view());
}

Result<void> MountConfig::set_flag(std::string_view key) {
    auto s = state_.lock();
    TRY(check_time(*s));
    if (key.empty() || key == "source") return Errno::kINVAL;
    if (take_flag(*s, key)) return {};
    return add_option(*s, key, {});
}

Result<void> MountConfig::set_string(std::string_view key, std::string_view value) {
    auto s = state_.lock();
    TRY(check_time(*s));
    if (key.empty()) return Errno::kINVAL;
    if (take_flag(*s, key)) return {};
    if (key != "source") return add_option(*s, key, value);
    if (s->has_source) return Errno::kINVAL;
    s->source = TRY(String::create(value));
    s->has_source = true;
    return {};
}

Result<void> MountConfig::set_other(std::string_view key) {
    auto s = state_.lock();
    TRY(check_time(*s));
    return take_flag(*s, key) ? Result<void>() : Errno::kINVAL;
}

Result<void> MountConfig::make(sched::Thread& thread) {
    auto s = state_.lock();
    if (s->phase != Phase::kParameters) return Errno::kBUSY;
    s->phase = Phase::kFailed;
    Ref<Superblock> super = TRY(type_->mount({&thread, s->source.view(), s->options.view(), s->flags}));
    if ((s->flags & abi::MS_RDONLY) != 0) super->set_read_only(true);
    s->super = std::move(super);
    s->phase = Phase::kMade;
    return {};
}

Result<void> MountConfig::reconfigure() {
    auto s = state_.lock();
    if (s->phase != Phase::kPicked) return Errno::kBUSY;
    s->phase = Phase::kFailed;
    TRY(set_super_read_only(*s->super, (s->flags & abi::MS_RDONLY) != 0));
    TRY(s->super->remount(s->options.view()));
    s->options = String();
    s->phase = Phase::kPicked;
    return {};
}

Result<Ref<Mount>> MountConfig::mount(u64 flags) {
    auto s = state_.lock();
    if (!s->super) return Errno::kINVAL;
    if (s->phase != Phase::kMade) return Errno::kBUSY;
    const std::string_view source = s->has_source ? s->source.view() : std::string_view("none");
    Ref<Mount> mount = TRY(mount_superblock(s->super.ref(), source, flags));
    // From now on as after fspick(2).
    s->phase = Phase::kPicked;
    s->options = String();
    return mount;
}

void MountConfig::describe(base::FormatSink sink) { sink.write(sink.self, "anon_inode:[fscontext]"); }

}  // namespace fs
