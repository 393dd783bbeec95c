// What the child that runs a program and its supervisor have in common, in shared memory.
// Written by the child (`stop` by the supervisor); read by both.
// Plain stores: each field has one writer.
#pragma once

#include "text.h"

namespace fuzz {

/// The supervisor interrupts a call that blocks with this signal.
constexpr int kInterrupt = 62;

struct Shared {
    static constexpr u32 kMost = 256;
    static constexpr u32 kMostThreads = 16;

    /// Of crash mode, each written by itself.
    struct Thread {
        volatile i32 id;  // 0: has not begun
        volatile u32 begun;
    };

    volatile u32 progress;  // steps begun; also counts calls
    volatile u32 in_call;   // 1 between the beginning and the end of a system call
    volatile u32 finished;
    Thread threads[kMostThreads];
    u32 process_count, segment_count;
    i32 processes[kMost];  // children that the program made
    i32 segments[kMost];   // shared memory segments that it made
    Text text;
};

}  // namespace fuzz
