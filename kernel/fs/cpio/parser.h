// CpioParser: cuts a newc archive (or several, with zero padding between, as Linux's initramfs allows) into entries.
// Callers: cpio/unpack, tests. Pure.
// Locks, context: none. Views point into the archive.
// Source: Linux, Documentation/driver-api/early-userspace/buffer-format.rst; "070701" and "070702".
#pragma once

#include <span>
#include <string_view>

#include "base/result.h"
#include "base/types.h"

namespace fs::cpio {

struct Entry {
    std::string_view name;
    std::span<const u8> data;
    u64 data_offset = 0;  // in the archive
    u32 inode = 0, mode = 0, uid = 0, gid = 0, links = 0, mtime = 0;
    u32 device_major = 0, device_minor = 0;
    u32 special_major = 0, special_minor = 0;
};

class Parser {
  public:
    explicit Parser(std::span<const u8> archive) : archive_(archive) {}
    enum class Step : u8 { kEntry, kTrailer, kEnd, kBroken };
    // kTrailer: one archive is complete (hard links do not reach across); others may follow. kBroken: see problem().
    Step next(Entry& entry);
    // What is wrong, and where the entry that has it starts.
    std::string_view problem() const { return problem_; }
    u64 offset() const { return start_; }

  private:
    Step broken(std::string_view problem) {
        problem_ = problem;
        return Step::kBroken;
    }
    std::span<const u8> archive_;
    u64 at_ = 0;
    u64 start_ = 0;
    std::string_view problem_;
};

}  // namespace fs::cpio
