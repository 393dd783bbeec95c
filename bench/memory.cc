// Rows: mappings and page faults. Those that clear pages are compared by the clock.
#include <sys/mman.h>

#include "bench.h"

namespace bench {
namespace {

constexpr size_t kPage = 4096;

char* map(size_t size) {
    void* p = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(p != MAP_FAILED);
    return static_cast<char*>(p);
}
void page_fault(long n) {
    size_t size = static_cast<size_t>(n) * kPage;
    char* p = map(size);
    madvise(p, size, MADV_NOHUGEPAGE);
    start();
    for (size_t at = 0; at < size; at += kPage) p[at] = 1;
    Uncounted ending;
    munmap(p, size);
}
void mmap_munmap(long n) {
    for (long i = 0; i < n; i++) CHECK(munmap(map(65536), 65536) == 0);
}
void touched(long n, size_t size) {
    for (long i = 0; i < n; i++) {
        char* p = map(size);
        for (size_t at = 0; at < size; at += kPage) p[at] = 1;
        CHECK(munmap(p, size) == 0);
    }
}
void touch_64k(long n) { touched(n, 65536); }
void touch_4m(long n) { touched(n, 4 << 20); }
void mprotect_page(long n) {
    char* p = map(65536);
    p[8192] = 1;
    start();
    for (long i = 0; i < n; i++) CHECK(mprotect(p + 8192, kPage, i % 2 ? PROT_READ | PROT_WRITE : PROT_READ) == 0);
    Uncounted ending;
    munmap(p, 65536);
}

constexpr Row kRows[] = {
    {"page-fault", "first write to an anonymous page", 4000, page_fault, By::kWallClock, true},
    {"mmap-munmap", "map and unmap 64 KiB", 5000, mmap_munmap, By::kInstructions, true},
    {"mmap-touch", "map, touch and unmap 64 KiB", 500, touch_64k, By::kWallClock, true},
    {"mmap-touch-4m", "map, touch and unmap 4 MiB", 50, touch_4m, By::kWallClock},
    {"mprotect", "change the protection of a page", 5000, mprotect_page},
};

}  // namespace
constinit const std::span<const Row> kMemoryRows = kRows;
}  // namespace bench
