// What the compiler and the standard headers call, in the kernel: failed library assertions, 128-bit division, and the
// operator delete that virtual destructors name. On the host the real libraries have these.
#include "base/assert.h"
#include "base/heap.h"
#include "base/result.h"

void operator delete(void* p) noexcept { base::heap_free(p); }
void operator delete(void* p, usize) noexcept { base::heap_free(p); }
void operator delete(void* p, usize, std::align_val_t) noexcept { base::heap_free(p); }

namespace std {
// libstdc++'s names (bits/functexcept.h, bits/c++config.h): a range check that failed is a kernel bug.
void __throw_out_of_range_fmt(const char* format, ...) { assertion_failed(format, "std", 0); }
void __throw_length_error(const char* what) { assertion_failed(what, "std", 0); }
void __throw_logic_error(const char* what) { assertion_failed(what, "std", 0); }
void __glibcxx_assert_fail(const char* file, int line, const char*, const char* condition) noexcept {
    assertion_failed(condition, file, line);
}
}  // namespace std

extern "C" {

void __cxa_pure_virtual() { assertion_failed("pure virtual function called", "base", 0); }
[[noreturn, gnu::no_stack_protector]] void __stack_chk_fail() {
    assertion_failed("stack canary intact", "a stack frame was overrun; the backtrace names the function", 0);
}

// Quotient of two unsigned 128-bit numbers, bit by bit: only start-up arithmetic divides these.
unsigned __int128 __udivti3(unsigned __int128 dividend, unsigned __int128 divisor) {
    if ((dividend >> 64) == 0 && (divisor >> 64) == 0) return static_cast<u64>(dividend) / static_cast<u64>(divisor);
    unsigned __int128 quotient = 0, rest = 0;
    for (int bit = 127; bit >= 0; bit--) {
        rest = (rest << 1) | ((dividend >> bit) & 1);
        if (rest >= divisor) {
            rest -= divisor;
            quotient |= static_cast<unsigned __int128>(1) << bit;
        }
    }
    return quotient;
}
}
