// Calls, results and memory in words, with everything that differs from run to run made the same.
// Called by execute().
// One thread; no heap.
#pragma once

#include "program.h"
#include "text.h"

namespace fuzz {

/// Process ids by name; times near `now` are called now.
struct Names {
    i32 self, parent, child;
    i64 now;
    const i32* processes;
    const u32* process_count;

    /// "self", "child", ... or null.
    const char* process(i64 id) const;
};

void show_call(Text& text, const Names& names, const Step& step, const u64 (&arguments)[6]);
void show_result(Text& text, const Names& names, const CallShape& call, const u64 (&arguments)[6], i64 result);
/// What the call changed there. `before` is what lay at kData.
/// What getdents or getdents64 gave: types and names in order, for the folder's own order, the numbers of inodes and the
/// positions are the system's affair.
void show_folder(Text& text, bool wide, u64 address, u64 length);
void show_change(Text& text, const Names& names, const Watch& watch, const u8* before);

}  // namespace fuzz
