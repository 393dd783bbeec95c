// remap_file_pages(2): a window on a shared mapping; what is refused.
#include "show.h"

#include <fcntl.h>
#include <sys/mman.h>

namespace {
constexpr size_t kPage = 4096, kPages = 8;

void window(const char* at) {
    for (size_t i = 0; i < kPages; i++) say("%d ", at[i * kPage]);
    say("\n");
}

void try_all(int fd, int flags) {
    char* at = static_cast<char*>(mmap(nullptr, kPages * kPage, PROT_READ | PROT_WRITE, flags, fd, 0));
    for (size_t i = 0; i < kPages; i++) at[i * kPage] = static_cast<char>('a' + i);
    window(at);
    for (size_t i = 0; i < kPages; i++) SHOW(remap_file_pages(at + i * kPage, kPage, 0, kPages - 1 - i, 0));
    window(at);
    at[0] = 'X';
    SHOW(remap_file_pages(at, kPages * kPage, 0, 0, MAP_NONBLOCK));
    window(at);
    SHOW(remap_file_pages(at + kPage, 2 * kPage, 0, 5, 0));
    SHOW(remap_file_pages(at + kPage + 5, 2 * kPage + 7, 0, 4, 0));
    window(at);
    SHOW(remap_file_pages(at, 2 * kPage, 0, 1, 0));
    SHOW(remap_file_pages(at, kPage, PROT_READ, 0, 0));
    SHOW(remap_file_pages(at, 0, 0, 0, 0));
    SHOW(remap_file_pages(at, 100, 0, 0, 0));
    SHOW(remap_file_pages(at, kPage, 0, ~0ul, 0));
    SHOW(remap_file_pages(at, kPage, 0, ~0ul >> 1, 0));
    SHOW(remap_file_pages(at, kPage, 0, ~0ul >> 12, 0));
    SHOW(mprotect(at + 3 * kPage, kPage, PROT_READ));
    SHOW(remap_file_pages(at, kPages * kPage, 0, 0, 0));
    SHOW(remap_file_pages(at + 3 * kPage, kPage, 0, 2, 0));
    SHOW(mprotect(at + 3 * kPage, kPage, PROT_READ | PROT_WRITE));
    SHOW(munmap(at + 5 * kPage, kPage));
    SHOW(remap_file_pages(at, kPages * kPage, 0, 0, 0));
    SHOW(remap_file_pages(at + 5 * kPage, kPage, 0, 0, 0));
    munmap(at, kPages * kPage);
}
}  // namespace

int main() {
    int fd = open("file", O_RDWR | O_CREAT, 0600);
    SHOW(ftruncate(fd, kPages * kPage));
    say("file\n");
    try_all(fd, MAP_SHARED);
    say("anonymous\n");
    try_all(-1, MAP_SHARED | MAP_ANONYMOUS);
    say("others\n");
    void* own = mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    SHOW(remap_file_pages(own, kPage, 0, 0, 0));
    void* copy = mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    SHOW(remap_file_pages(copy, kPage, 0, 1, 0));
    int reader = open("file", O_RDONLY);
    void* read_only = mmap(nullptr, kPage, PROT_READ, MAP_SHARED, reader, 0);
    SHOW(remap_file_pages(read_only, kPage, 0, 1, 0));
    void* readable = mmap(nullptr, kPage, PROT_READ, MAP_SHARED, fd, 0);
    SHOW(remap_file_pages(readable, kPage, 0, 1, 0));
    say("%c\n", *static_cast<char*>(readable));
    return 0;
}
