// Lines of text in a buffer of fixed size, without the heap: what a program's run prints.
// Written by the child that runs the program, read by its supervisor: lies in shared memory.
// One writer.
#pragma once

#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "grammar.h"

namespace fuzz {

struct Text {
    static constexpr u32 kRoom = 512 << 10;

    u32 length;
    char bytes[kRoom];

    [[gnu::format(printf, 2, 3)]] void add(const char* format, ...) {
        va_list list;
        va_start(list, format);
        const int wanted = vsnprintf(bytes + length, kRoom - length, format, list);
        va_end(list);
        if (wanted > 0)
            length += static_cast<u32>(wanted) < kRoom - length ? static_cast<u32>(wanted) : kRoom - length - 1;
    }
};

}  // namespace fuzz
