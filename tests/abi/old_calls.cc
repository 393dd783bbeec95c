// Calls that little uses: ustat, sysfs(2), remap_file_pages.
#include "show.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

namespace {

void file_systems() {
    struct stat s;
    stat("/proc", &s);
    unsigned char out[33];
    memset(out, 0xaa, sizeof out);
    SHOW_SYS(SYS_ustat, s.st_dev, out);
    say("bytes: %x %x %x %x\n", out[16], out[24], out[31], out[32]);
    SHOW_SYS(SYS_ustat, 0x7777, out);
    SHOW_SYS(SYS_ustat, s.st_dev, 8L);

    const long count = syscall(SYS_sysfs, 3, 0, 0), proc = syscall(SYS_sysfs, 1, "proc", 0);
    say("some types %d, proc is one %d\n", count > 2, proc >= 0 && proc < count);
    char name[64] = {};
    SHOW_SYS(SYS_sysfs, 2, proc, name);
    say("%s\n", name);
    SHOW_SYS(SYS_sysfs, 2, proc, 8L);
    SHOW_SYS(SYS_sysfs, 2, count, name);
    SHOW_SYS(SYS_sysfs, 2, -1L, name);
    SHOW_SYS(SYS_sysfs, 1, "none such", 0);
    SHOW_SYS(SYS_sysfs, 1, "", 0);
    SHOW_SYS(SYS_sysfs, 1, 8L, 0);
    SHOW_SYS(SYS_sysfs, 0, 0, 0);
    SHOW_SYS(SYS_sysfs, 4, 0, 0);
}

void remap(const char* what, char* m) {
    const auto first_bytes = [m] { say("%c%c%c%c\n", m[0], m[4096], m[8192], m[12288]); };
    say("%s\n", what);
    for (int i = 0; i < 4; i++) m[i * 4096] = static_cast<char>('a' + i);
    SHOW(remap_file_pages(m, 4096, 0, 2, 0));
    first_bytes();
    m[0] = 'x';
    first_bytes();
    SHOW(remap_file_pages(m + 4097, 8192, 0, 0, 0));
    first_bytes();
    SHOW(remap_file_pages(m, 4 * 4096, 0, 0, 0));
    first_bytes();
    SHOW(remap_file_pages(m, 4096, PROT_READ, 2, 0));
    SHOW(remap_file_pages(m, 100, 0, 2, 0));
    SHOW(remap_file_pages(m, 5 * 4096, 0, 0, 0));
    SHOW(remap_file_pages(m, 4096, 0, static_cast<size_t>(-1), 0));
    munmap(m + 4096, 4096);
    SHOW(remap_file_pages(m, 3 * 4096, 0, 0, 0));
    SHOW(remap_file_pages(m + 4096, 4096, 0, 0, 0));
    munmap(m, 4 * 4096);
}

}  // namespace

int main() {
    file_systems();
    const auto area = [](int flags, int fd) {
        // A hole behind it, so that nothing joins on.
        char* m = static_cast<char*>(mmap(nullptr, 6 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        munmap(m + 4 * 4096, 2 * 4096);
        return static_cast<char*>(mmap(m, 4 * 4096, PROT_READ | PROT_WRITE, flags | MAP_FIXED, fd, 0));
    };
    remap("shared anonymous", area(MAP_SHARED | MAP_ANONYMOUS, -1));
    const int fd = open("file", O_RDWR | O_CREAT, 0600);
    if (ftruncate(fd, 4 * 4096) != 0) return 1;
    remap("file", area(MAP_SHARED, fd));
    char* own = area(MAP_PRIVATE | MAP_ANONYMOUS, -1);
    SHOW(remap_file_pages(own, 4096, 0, 1, 0));
}
