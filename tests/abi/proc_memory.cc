// /proc/PID/oom_*, pagemap, clear_refs, smaps, numa_maps; RLIMIT_NPROC; overcommitment as far as mode 0 goes.
#include "show.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <csignal>
#include <cstdint>

namespace {

constexpr long kPage = 4096;

std::string read_file(const char* path) {
    const int fd = open(path, O_RDONLY);
    if (fd < 0) return strerrorname_np(errno);
    std::string text;
    char bytes[4096];
    for (ssize_t n; (n = read(fd, bytes, sizeof(bytes))) > 0;) text.append(bytes, static_cast<size_t>(n));
    close(fd);
    return text;
}
void write_file(const char* path, const char* text) {
    const int fd = open(path, O_WRONLY);
    if (fd < 0) return say("%s: %s\n", path, strerrorname_np(errno));
    const ssize_t n = write(fd, text, strlen(text));
    say("%s < %s: %s\n", path, text, n < 0 ? strerrorname_np(errno) : "ok");
    close(fd);
}

void adjustments() {
    const auto look = [] {
        say("  score_adj %s  adj %s", read_file("/proc/self/oom_score_adj").c_str(),
            read_file("/proc/self/oom_adj").c_str());
    };
    look();
    for (const char* text : {"500", "1000\n", "-1000", "1001", "-1001", "x", "", "0", "-500"}) {
        write_file("/proc/self/oom_score_adj", text);
        look();
    }
    for (const char* text : {"15", "-17", "14", "16", "-18", "0"}) {
        write_file("/proc/self/oom_adj", text);
        look();
    }
}

void show_entry(int fd, const char* what, const char* at) {
    uint64_t entry = 0;
    const off_t offset = static_cast<off_t>(reinterpret_cast<uintptr_t>(at) / kPage * 8);
    if (pread(fd, &entry, 8, offset) != 8) return say("%s: %s\n", what, strerrorname_np(errno));
    say("%s: present %d, swapped %d, of a file %d, mapped once %d\n", what, static_cast<int>(entry >> 63),
        static_cast<int>(entry >> 62 & 1), static_cast<int>(entry >> 61 & 1), static_cast<int>(entry >> 56 & 1));
}

void page_map() {
    const int fd = open("/proc/self/pagemap", O_RDONLY);
    char* p = static_cast<char*>(mmap(nullptr, 4 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    char* s = static_cast<char*>(mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    p[0] = s[0] = 1;
    show_entry(fd, "touched", p);
    show_entry(fd, "untouched", p + 2 * kPage);
    show_entry(fd, "shared", s);
    show_entry(fd, "nothing", reinterpret_cast<char*>(kPage));
    in_child("after fork", [&] {
        const int own = open("/proc/self/pagemap", O_RDONLY);
        show_entry(own, "touched", p);
        p[0] = 2;
        show_entry(own, "written", p);
        return 0;
    });
    uint64_t entries[2];
    SHOW(pread(fd, entries, 4, 0));
    SHOW(pread(fd, entries, 8, 4));
    SHOW(pread(fd, entries, 16, static_cast<off_t>((1ul << 47) / kPage * 8)));
    SHOW(pread(fd, entries, 0, 0));
    close(fd);
    for (const char* text : {"1", "2", "3", "5", "0", "6", "x"}) write_file("/proc/self/clear_refs", text);
}

// Of the mapping at `at` in a file like smaps: the line that begins with `name`.
std::string line_of(const char* path, const char* at, const char* name) {
    char start[32];
    snprintf(start, sizeof start, "%lx-", reinterpret_cast<unsigned long>(at));
    const std::string text = read_file(path);
    size_t from = text.find(start);
    if (from == std::string::npos) return "no mapping";
    from = text.find(std::string("\n") + name, from);
    return text.substr(from + 1, text.find('\n', from + 1) - from - 1);
}

void figures() {
    char* p = static_cast<char*>(mmap(nullptr, 10 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    mprotect(p, kPage, PROT_NONE);
    mprotect(p + 9 * kPage, kPage, PROT_NONE);
    p += kPage;
    memset(p, 1, 4 * kPage);
    for (const char* name : {"Size", "Rss", "Pss:", "Shared_Dirty", "Private_Dirty", "Anonymous", "Locked"})
        say("%s\n", line_of("/proc/self/smaps", p, name).c_str());
    mlock(p, 8 * kPage);
    say("%s\n%s\n", line_of("/proc/self/smaps", p, "Rss").c_str(), line_of("/proc/self/smaps", p, "Locked").c_str());
    in_child("shared with a child", [&] {
        p[0] = 2;
        for (const char* name : {"Rss", "Pss:", "Shared_Dirty", "Private_Dirty"})
            say("%s\n", line_of("/proc/self/smaps", p, name).c_str());
        return 0;
    });
    char start[32];
    snprintf(start, sizeof start, "%lx ", reinterpret_cast<unsigned long>(p));
    const std::string maps = read_file("/proc/self/numa_maps");
    const size_t at = maps.find(start);
    const std::string line = maps.substr(at, maps.find('\n', at) - at);
    say("numa_maps:%s\n", line.substr(line.find(' ')).c_str());
}

void many_processes() {
    in_child("RLIMIT_NPROC", [] {
        const rlimit limit{3, 3};
        setrlimit(RLIMIT_NPROC, &limit);
        if (setuid(23456) != 0) return 1;
        pid_t children[10];
        int made = 0;
        for (; made < 10; made++) {
            children[made] = fork();
            if (children[made] < 0) break;
            if (children[made] == 0) {
                pause();
                _exit(0);
            }
        }
        say("%d children, then %s\n", made, strerrorname_np(errno));
        kill(children[0], SIGKILL);
        siginfo_t info;
        waitid(P_PID, static_cast<id_t>(children[0]), &info, WEXITED | WNOWAIT);
        SHOW(fork());  // one that was not waited for still counts
        waitpid(children[0], nullptr, 0);
        children[0] = fork();
        if (children[0] == 0) _exit(0);
        say("again: %s\n", children[0] > 0 ? "ok" : strerrorname_np(errno));
        for (int i = 0; i < made; i++) kill(children[i], SIGKILL);
        return 0;
    });
}

void too_much() {
    // More than any machine has is refused, unless the promise is waived.
    const size_t huge = 1ul << 46;
    SHOW(mmap(nullptr, huge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0);
    void* p = mmap(nullptr, huge, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    SHOW(p == MAP_FAILED ? -1 : 0);
    SHOW(mprotect(p, huge, PROT_READ | PROT_WRITE));
    SHOW(munmap(p, huge));
    SHOW(mmap(nullptr, huge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) == MAP_FAILED
             ? -1
             : 0);
}

}  // namespace

int main() {
    // Without rights that root may lack on the host.
    in_child("adjustments", [] {
        if (setuid(12345) != 0) return 1;
        prctl(PR_SET_DUMPABLE, 1);
        adjustments();
        return 0;
    });
    page_map();
    figures();
    many_processes();
    too_much();
}
