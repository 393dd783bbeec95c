// madvise on unsuitable mappings, process_madvise, process_mrelease; locked memory under its limit.
#include "show.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <csignal>

namespace {

constexpr long kPage = 4096;
constexpr int kCold = 20, kPageOut = 21, kPopulateRead = 22, kPopulateWrite = 23, kDontNeedLocked = 24, kCollapse = 25;

char* map(long pages, int prot = PROT_READ | PROT_WRITE, int flags = MAP_PRIVATE | MAP_ANONYMOUS, int fd = -1) {
    return static_cast<char*>(mmap(nullptr, static_cast<size_t>(pages * kPage), prot, flags, fd, 0));
}

void advice_by_mapping() {
    const int fd = open("file", O_CREAT | O_RDWR, 0600);
    if (ftruncate(fd, 4 * kPage) != 0) say("ftruncate\n");
    const struct {
        const char* name;
        char* at;
    } kMaps[] = {{"private", map(4)},
                 {"shared", map(4, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS)},
                 {"file", map(4, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd)},
                 {"shared file", map(4, PROT_READ | PROT_WRITE, MAP_SHARED, fd)},
                 {"read-only shared file", map(4, PROT_READ, MAP_SHARED, fd)},
                 {"locked", map(4, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED)}};
    const struct {
        const char* name;
        int advice;
    } kAdvice[] = {{"NORMAL", MADV_NORMAL},
                   {"WILLNEED", MADV_WILLNEED},
                   {"FREE", MADV_FREE},
                   {"REMOVE", MADV_REMOVE},
                   {"DONTFORK", MADV_DONTFORK},
                   {"DOFORK", MADV_DOFORK},
                   {"WIPEONFORK", MADV_WIPEONFORK},
                   {"KEEPONFORK", MADV_KEEPONFORK},
                   {"DONTDUMP", MADV_DONTDUMP},
                   {"DODUMP", MADV_DODUMP},
                   {"COLD", kCold},
                   {"PAGEOUT", kPageOut},
                   {"POPULATE_READ", kPopulateRead},
                   {"POPULATE_WRITE", kPopulateWrite},
                   {"DONTNEED", MADV_DONTNEED},
                   {"DONTNEED_LOCKED", kDontNeedLocked},
                   {"COLLAPSE of a page", kCollapse},
                   {"nothing known", 99}};
    for (const auto& m : kMaps) {
        say("%s\n", m.name);
        // Later kernels look at what may become writable.
        const bool later = strncmp(m.name, "read-only", 9) == 0;
        for (const auto& a : kAdvice)
            if (!later || a.advice != MADV_REMOVE) show(a.name, madvise(m.at, static_cast<size_t>(kPage), a.advice));
    }
    close(fd);
}

int pidfd_of(pid_t pid) { return static_cast<int>(syscall(SYS_pidfd_open, pid, 0)); }

void of_other_processes() {
    char* p = map(4);
    iovec ranges[] = {{p, kPage}, {p + kPage, 2 * kPage}};
    const int self = pidfd_of(getpid());
    SHOW(syscall(SYS_process_madvise, self, ranges, 2, kCold, 0));
    SHOW(syscall(SYS_process_madvise, self, ranges, 2, MADV_WILLNEED, 0));
    SHOW(syscall(SYS_process_madvise, self, ranges, 2, kCold, 1));
    SHOW(syscall(SYS_process_madvise, 0, ranges, 2, kCold, 0));
    SHOW(syscall(SYS_process_madvise, -1, ranges, 2, kCold, 0));
    SHOW(syscall(SYS_process_madvise, self, ranges, 2000, kCold, 0));
    SHOW(syscall(SYS_process_madvise, self, 8, 2, kCold, 0));
    munmap(p + kPage, kPage);
    SHOW(syscall(SYS_process_madvise, self, ranges, 2, kCold, 0));
    SHOW(syscall(SYS_process_mrelease, self, 0));
    SHOW(syscall(SYS_process_mrelease, self, 1));
    SHOW(syscall(SYS_process_mrelease, 0, 0));
    SHOW(syscall(SYS_process_mrelease, -1, 0));
    const pid_t child = fork();
    if (child == 0) {
        pause();
        _exit(0);
    }
    const int other = pidfd_of(child);
    SHOW(syscall(SYS_process_madvise, other, ranges, 1, kCold, 0));
    SHOW(syscall(SYS_process_mrelease, other, 0));
    kill(child, SIGKILL);
    int status = 0;
    siginfo_t info;
    waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT);
    SHOW(syscall(SYS_process_mrelease, other, 0));
    waitpid(child, &status, 0);
    SHOW(syscall(SYS_process_mrelease, other, 0));
    SHOW(syscall(SYS_process_madvise, other, ranges, 1, kCold, 0));
}

void locking_under_a_limit() {
    char* p = map(32);
    munlockall();
    const rlimit limit{8 * kPage, 8 * kPage};
    SHOW(setrlimit(RLIMIT_MEMLOCK, &limit));
    if (setuid(12345) != 0) say("setuid\n");
    SHOW(mlock(p, 8 * kPage));
    SHOW(mlock(p, 8 * kPage));  // what is locked already does not count twice
    SHOW(mlock(p + 4 * kPage, 8 * kPage));
    SHOW(munlock(p, 4 * kPage));
    SHOW(mlock(p + 4 * kPage, 8 * kPage));
    SHOW(mlock(p + 20 * kPage, kPage));
    SHOW(mmap(nullptr, kPage, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0) == MAP_FAILED ? -1 : 0);
    SHOW(mremap(p + 4 * kPage, 8 * kPage, 9 * kPage, MREMAP_MAYMOVE) == MAP_FAILED ? -1 : 0);
    SHOW(munlockall());
    SHOW(mlockall(MCL_CURRENT));
    SHOW(mlockall(MCL_FUTURE));
    SHOW(mmap(nullptr, 9 * kPage, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0);
    SHOW(mmap(nullptr, 2 * kPage, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0);
    SHOW(munlockall());
    const rlimit none{0, 0};
    SHOW(setrlimit(RLIMIT_MEMLOCK, &none));
    SHOW(mlock(p, kPage));
    SHOW(mlockall(MCL_CURRENT));
    SHOW(mmap(nullptr, kPage, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0) == MAP_FAILED ? -1 : 0);
    SHOW(munlock(p, kPage));
}

}  // namespace

int main() {
    advice_by_mapping();
    of_other_processes();
    locking_under_a_limit();
}
