// The fixed parts of a core file: ELF header, segment table, notes (core(5), elf(5)). Pure.
// Callers: process/core_dump; the host test.
// Locks, context: none; allocates.
#pragma once

#include <span>
#include <string_view>

#include "abi/linux/core.h"
#include "base/string.h"
#include "base/vector.h"

namespace process {

// Notes one after the other, each with its name and contents padded to 4 bytes.
class CoreNotes {
  public:
    // ENOMEM.
    Result<void> add(std::string_view name, u32 type, std::span<const u8> contents);
    std::span<const u8> bytes() const { return bytes_.span(); }

  private:
    Result<void> put(std::span<const u8> bytes, usize padded);
    Vector<u8> bytes_;
};

// NT_FILE: which parts of which files are mapped where.
class CoreFileList {
  public:
    // `offset` in bytes. ENOMEM.
    Result<void> add(u64 start, u64 end, u64 offset, std::string_view name);
    bool empty() const { return ranges_.empty(); }
    Result<Vector<u8>> encode() const;

  private:
    struct Range {
        u64 start, end, page_offset;
    };
    Vector<Range> ranges_;
    Vector<u8> names_;  // each with its NUL
};

struct CoreSegment {
    u64 start, end;
    u64 bytes;  // how many of them are in the file
    u32 flags;  // abi::PF_*
};
// What stands before the notes, and where the first segment's bytes lie in the file. E2BIG: too many segments.
struct CoreHeader {
    Vector<u8> bytes;
    u64 data_offset;
};
Result<CoreHeader> core_header(std::span<const CoreSegment> segments, u64 note_bytes);

}  // namespace process
