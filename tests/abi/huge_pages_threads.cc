// Huge pages from many threads and processes at once: first touches, copies after fork, pages that go away meanwhile.
// Nothing that was written is lost, and the pool has all of its pages and promises back in the end.
#include "show.h"

#include <fcntl.h>
#include <linux/memfd.h>
#include <sched.h>
#include <sys/mman.h>
#include <atomic>
#include <thread>
#include <vector>

namespace {

constexpr size_t kHuge = 2 << 20, kPage = 4096;
constexpr int kRW = PROT_READ | PROT_WRITE;
constexpr int kThreads = 4, kPages = 6;
const char* const kPool = "/proc/sys/vm/nr_hugepages";

long meminfo(const char* field) {
    const std::string text = read_file("/proc/meminfo");
    const size_t at = text.find(std::string(field) + ":");
    return at == std::string::npos ? -1 : atol(text.c_str() + at + strlen(field) + 1);
}
void pool(const char* what) {
    say("%s: %ld %ld %ld\n", what, meminfo("HugePages_Total"), meminfo("HugePages_Free"), meminfo("HugePages_Rsvd"));
}
template <typename Body>
void in_threads(Body body) {
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; i++) threads.emplace_back(body, i);
    for (std::thread& t : threads) t.join();
}
std::atomic<long>& word(char* p, int page, int slot) {
    return *reinterpret_cast<std::atomic<long>*>(p + static_cast<size_t>(page) * kHuge +
                                                 static_cast<size_t>(slot) * kPage);
}

// All threads add to the same words, on pages that none has touched.
void first_touch(const char* what, int flags) {
    long wrong = 0;
    for (int round = 0; round < 12; round++) {
        char* p = static_cast<char*>(mmap(nullptr, kPages * kHuge, kRW, flags | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0));
        in_threads([&](int) {
            for (int page = 0; page < kPages; page++)
                for (int slot = 0; slot < 512; slot += 73) word(p, page, slot)++;
        });
        for (int page = 0; page < kPages; page++)
            for (int slot = 0; slot < 512; slot++) wrong += word(p, page, slot) != (slot % 73 == 0 ? kThreads : 0);
        munmap(p, kPages * kHuge);
    }
    say("%s: %ld wrong\n", what, wrong);
    pool("pool");
}

// Threads write while others of them fork; every child sees its page as it was or after a whole write, and copies it.
void copies() {
    char* p = static_cast<char*>(mmap(nullptr, 2 * kHuge, kRW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0));
    for (int slot = 0; slot < 512; slot++) word(p, 0, slot) = word(p, 1, slot) = 0;
    std::atomic<long> bad{0};
    in_threads([&](int me) {
        for (int round = 0; round < 12; round++) {
            word(p, 0, me)++;
            word(p, 1, 100 + me)++;
            if (me >= 2) continue;
            const pid_t child = fork();
            if (child == 0) {
                const long mine = word(p, 0, me);
                word(p, 0, me)++;
                _exit(mine == round + 1 && word(p, 0, me) == round + 2 && word(p, 1, 100 + me) == round + 1 ? 0 : 1);
            }
            int status = 1;
            waitpid(child, &status, 0);
            bad += status != 0;
        }
    });
    long wrong = 0;
    for (int slot = 0; slot < 512; slot++) {
        wrong += word(p, 0, slot) != (slot < kThreads ? 12 : 0);
        wrong += word(p, 1, slot) != (slot >= 100 && slot < 100 + kThreads ? 12 : 0);
    }
    say("copies: %ld wrong, %ld children\n", wrong, bad.load());
    munmap(p, 2 * kHuge);
    pool("pool");
}

// A file's pages are punched out and come back while threads write to them and read the file.
void holes() {
    const int fd = memfd_create("holes", MFD_HUGETLB);
    ftruncate(fd, 3 * kHuge);
    char* p = static_cast<char*>(mmap(nullptr, 3 * kHuge, kRW, MAP_SHARED, fd, 0));
    std::atomic<long> odd{0};
    in_threads([&](int me) {
        for (int round = 0; round < 60; round++) {
            const int page = round % 3;
            const off_t at = page * static_cast<off_t>(kHuge);
            if (me == 0) {
                fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at, kHuge);
            } else if (me == 1) {
                long seen = 7;
                pread(fd, &seen, sizeof seen, at + 2 * static_cast<off_t>(kPage));
                odd += seen != 0 && seen != 5;
            } else {
                const long seen = word(p, page, 2).exchange(5);
                odd += seen != 0 && seen != 5;
            }
        }
    });
    say("holes: %ld odd\n", odd.load());
    munmap(p, 3 * kHuge);
    close(fd);
    pool("pool");
}

// Mappings come and go beside each other; each has what it was promised.
void churn() {
    std::atomic<long> lost{0};
    in_threads([&](int me) {
        for (int round = 0; round < 40; round++) {
            char* p =
                static_cast<char*>(mmap(nullptr, 2 * kHuge, kRW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0));
            if (p == MAP_FAILED) {
                lost++;
                continue;
            }
            const int kept = round % 2;
            word(p, kept, me) = round;
            munmap(p + (kept == 0 ? kHuge : 0), kHuge);  // others may map there from now on
            lost += word(p, kept, me) != round;
            char* const rest = p + (kept == 0 ? 0 : kHuge);
            if (round % 3 == 0) mprotect(rest, kHuge, PROT_READ);
            munmap(rest, kHuge);
        }
    });
    say("churn: %ld lost\n", lost.load());
    pool("pool");
}

}  // namespace

int main() {
    const std::string pages = read_file(kPool);
    write_file(kPool, "8");
    if (meminfo("HugePages_Total") != 8 || meminfo("HugePages_Free") != 8) {
        say("the pool cannot be set here\n");
        return 77;
    }
    first_touch("private", MAP_PRIVATE);
    first_touch("shared", MAP_SHARED);
    copies();
    holes();
    churn();
    write_file(kPool, pages.c_str());
    return 0;
}
