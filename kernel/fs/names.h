// What making, removing and opening names share.
// Callers: open.cc, names.cc, attributes.cc.
// Locks, context: as stated.
#pragma once

#include "base/string.h"
#include "fs/walk.h"

namespace fs {

// Write and search permission in a directory that still has a name. Its lock is held.
Result<void> check_may_create(const Inode& directory, const object::Credentials& credentials);
// The owner of what `caller` makes in `directory`: the file-system ids, or the group of a set-group-id directory.
void set_initial_owner(const Caller& caller, const Inode& directory, Inode& fresh);
// A link's text.
Result<String> link_text(const Caller& caller, Inode& inode);

}  // namespace fs
