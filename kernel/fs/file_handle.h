// File handles: names of inodes that outlive the names in directories (name_to_handle_at(2)).
// Callers: linux/handle.
// Locks, context: thread context, no locks held; finding sleeps and takes time as the file system is large.
#pragma once

#include "fs/path.h"
#include "fs/walk.h"

namespace fs {

// As Linux's tmpfs makes them (mm/shmem.c: shmem_encode_fh()): generation and number.
struct FileHandle {
    static constexpr i32 kType = 1;
    u32 generation = 0;
    u32 number_low = 0, number_high = 0;
};
static_assert(sizeof(FileHandle) == 12);

// EOPNOTSUPP: the file system has none.
Result<FileHandle> handle_of(const Path& path);
// The file of a handle, in the file system of `mount`, by walking its directories. ESTALE: there is none.
Result<Path> find_by_handle(const Caller& caller, const Ref<Mount>& mount, const FileHandle& handle);

}  // namespace fs
