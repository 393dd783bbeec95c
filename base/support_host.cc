// What base/ needs from its surroundings, on the host: malloc, and abort for failed assertions.
#include <cstdio>
#include <cstdlib>

#include "base/heap.h"
#include "base/result.h"

void assertion_failed(const char* expression, const char* file, int line) {
    std::fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, expression);
    std::abort();
}
void must_failed(Errno e, const char* reason) {
    std::fprintf(stderr, "must: %s: %s\n", reason, errno_name(e));
    std::abort();
}
namespace base {
void* heap_allocate(usize size, usize align) {
    return std::aligned_alloc(align < 16 ? 16 : align, align_up(size, align < 16 ? usize{16} : align));
}
void heap_free(void* p) { std::free(p); }
}  // namespace base
