// Anchors of mappings: how vm, which knows no files, keeps the File behind a mapping open.
// Callers: linux/memory.cc (mmap), process (exec, /proc/PID/maps).
// Locks, context: dropping the last one may run File's destructor: thread context.
#pragma once

#include "object/file.h"
#include "vm/mapping.h"

namespace object {

namespace detail {
inline constexpr vm::FileAnchor::Ops kFileAnchorOps = {
    .retain = [](void* file) { static_cast<File*>(file)->add_ref(); },
    .release = [](void* file) { static_cast<File*>(file)->drop_ref(); },
};
}  // namespace detail

inline vm::FileAnchor anchor_of(Ref<File> file) { return {file.leak(), detail::kFileAnchorOps}; }
// The file of an anchor that anchor_of() made: all mappings of files are such. Null for an empty one.
inline File* file_of(const vm::FileAnchor& anchor) { return static_cast<File*>(anchor.get()); }

}  // namespace object
