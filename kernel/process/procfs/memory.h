// What the files of /proc/PID about memory share.
// Callers: procfs alone.
// Locks, context: thread context.
#pragma once

#include "process/procfs/subject.h"

namespace process::procfs {

OptRef<vm::AddressSpace> space_of(const Subject& subject);

// As long as it lives the memory is not taken down.
class SpaceUser {
  public:
    explicit SpaceUser(OptRef<vm::AddressSpace> space) : space_(std::move(space)) {
        if (space_ && !space_->try_add_user()) space_ = nullptr;
    }
    ~SpaceUser() {
        if (space_) space_->drop_user();
    }
    SpaceUser(const SpaceUser&) = delete;
    explicit operator bool() const { return static_cast<bool>(space_); }
    vm::AddressSpace& operator*() const { return *space_; }
    vm::AddressSpace* operator->() const { return space_.get(); }

  private:
    OptRef<vm::AddressSpace> space_;
};

// "[heap]" and the like; empty for other mappings.
std::string_view special_name(const vm::AddressSpace& space, const vm::MappingInfo& m);
// The file's path with line ends escaped.
void put_path(object::File& file, SeqSink& out);

}  // namespace process::procfs
