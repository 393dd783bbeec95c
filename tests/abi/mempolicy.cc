// Memory policies on a machine with one node: what is checked, what is remembered, where pages are.
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "show.h"

namespace {

constexpr int kDefault = 0, kPreferred = 1, kBind = 2, kInterleave = 3, kLocal = 4, kMany = 5;
constexpr int kStatic = 1 << 15, kRelative = 1 << 14;
constexpr unsigned long kNode = 1, kAddr = 2, kAllowed = 4;
constexpr long kPage = 4096;

unsigned long none = 0, first = 1, second = 2, both = 3;

long set_policy(int mode, const unsigned long* nodes, unsigned long count = 64) {
    return syscall(SYS_set_mempolicy, mode, nodes, count);
}
long bind(void* p, long length, int mode, const unsigned long* nodes, unsigned flags = 0) {
    return syscall(SYS_mbind, p, length, mode, nodes, 64ul, flags);
}
void show_policy(const char* what, void* address = nullptr, unsigned long flags = 0) {
    int mode = -1;
    unsigned long nodes[2] = {~0ul, ~0ul};
    const long r = syscall(SYS_get_mempolicy, &mode, nodes, 65ul, address, flags);
    if (r != 0) {
        say("%s: %s\n", what, strerrorname_np(errno));
    } else {
        say("%s: %#x %#lx\n", what, static_cast<unsigned>(mode), nodes[0]);
    }
}

void task_policy() {
    show_policy("at first");
    const struct {
        const char* name;
        int mode;
        const unsigned long* nodes;
    } kCases[] = {{"default", kDefault, &none},
                  {"default with nodes", kDefault, &first},
                  {"preferred", kPreferred, &first},
                  {"preferred, none", kPreferred, &none},
                  {"preferred, none, static", kPreferred | kStatic, &none},
                  {"bind", kBind, &first},
                  {"bind, none", kBind, &none},
                  {"bind, absent node", kBind, &second},
                  {"bind, one of them absent", kBind, &both},
                  {"bind static", kBind | kStatic, &both},
                  {"bind static, absent node", kBind | kStatic, &second},
                  {"bind relative", kBind | kRelative, &second},
                  {"static and relative", kBind | kStatic | kRelative, &first},
                  {"interleave", kInterleave, &first},
                  {"interleave, none", kInterleave, &none},
                  {"local", kLocal, &none},
                  {"local with nodes", kLocal, &first},
                  {"local, static", kLocal | kStatic, &none},
                  {"preferred many", kMany, &first},
                  {"no such mode", 77, &first},
                  {"negative", -1, &first}};
    for (const auto& c : kCases) {
        show(c.name, set_policy(c.mode, c.nodes));
        show_policy("  now");
    }
    show("no mask", set_policy(kBind, nullptr));
    show("mask of no bits", set_policy(kBind, &first, 1));
    show("bad mask", set_policy(kBind, reinterpret_cast<const unsigned long*>(8)));
    show("huge mask", set_policy(kBind, &first, 1 << 20));
    set_policy(kInterleave, &first);
    show_policy("next node", nullptr, kNode);
    if (fork() == 0) {
        show_policy("of a child");
        _exit(0);
    }
    wait(nullptr);
    set_policy(kDefault, nullptr);
    show_policy("next node without interleaving", nullptr, kNode);
    show_policy("allowed", nullptr, kAllowed);
    show_policy("allowed and node", nullptr, kAllowed | kNode);
    show_policy("unknown flag", nullptr, 64);
    show_policy("address without flag", &first);
    show("no room for the mask", syscall(SYS_get_mempolicy, nullptr, &none, 0ul, nullptr, 0ul));
    show("nothing wanted", syscall(SYS_get_mempolicy, nullptr, nullptr, 0ul, nullptr, 0ul));
    show("bad place", syscall(SYS_get_mempolicy, 8l, nullptr, 0ul, nullptr, 0ul));
}

void range_policy() {
    char* p = static_cast<char*>(mmap(nullptr, 8 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    p[0] = 1;
    show("bind", bind(p + kPage, kPage, kBind, &first));
    show_policy("before", p, kAddr);
    show_policy("inside", p + kPage, kAddr);
    show_policy("after", p + 2 * kPage, kAddr);
    show_policy("where it is", p + kPage, kAddr | kNode);
    show("strict", bind(p, 3 * kPage, kPreferred, &first, 1));
    show_policy("inside", p + kPage, kAddr);
    show("move", bind(p, kPage, kBind, &first, 2));
    show("move all", bind(p, kPage, kBind, &first, 4));
    show("unknown flag", bind(p, kPage, kBind, &first, 64));
    show("unaligned", bind(p + 1, kPage, kBind, &first));
    show("no length", bind(p, 0, kBind, &first));
    show("wraps", bind(p, -kPage, kBind, &first));
    show("absent node", bind(p, kPage, kBind, &second));
    show("default", bind(p, 8 * kPage, kDefault, nullptr));
    show_policy("inside", p + kPage, kAddr);
    munmap(p + 4 * kPage, kPage);
    show("hole", bind(p, 8 * kPage, kBind, &first));
    show_policy("before the hole", p, kAddr);
    show_policy("in the hole", p + 4 * kPage, kAddr);
    show("home, no policy", syscall(450, p, kPage, 0ul, 0ul));
    bind(p, kPage, kBind, &first);
    show("home", syscall(450, p, kPage, 0ul, 0ul));
    show("home, absent node", syscall(450, p, kPage, 1ul, 0ul));
    show("home, flag", syscall(450, p, kPage, 0ul, 1ul));
    show("home, unaligned", syscall(450, p + 1, kPage, 0ul, 0ul));
    show("home, no length", syscall(450, p, 0ul, 0ul, 0ul));
    bind(p, kPage, kInterleave, &first);
    show("home, interleaved", syscall(450, p, kPage, 0ul, 0ul));
}

void moving() {
    show("migrate", syscall(SYS_migrate_pages, 0, 64ul, &first, &first));
    show("migrate to nowhere", syscall(SYS_migrate_pages, 0, 64ul, &first, &none));
    show("migrate, no such process", syscall(SYS_migrate_pages, 1 << 30, 64ul, &first, &first));
    if (const pid_t child = fork(); child == 0) {
        _exit(0);
    } else {
        siginfo_t info;
        waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT);
        show("migrate, zombie", syscall(SYS_migrate_pages, child, 64ul, &first, &first));
        waitpid(child, nullptr, 0);
    }
    show("migrate, bad mask", syscall(SYS_migrate_pages, 0, 64ul, 8l, &first));
    char* p = static_cast<char*>(mmap(nullptr, 4 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    munmap(p + 3 * kPage, kPage);
    p[0] = 1;
    (void)*static_cast<volatile char*>(p + kPage);
    void* pages[] = {p, p + kPage, p + 2 * kPage, p + 3 * kPage};
    int nodes[] = {0, 0, 0, 0}, status[] = {77, 77, 77, 77};
    const auto show_status = [&] { say("  %d %d %d %d\n", status[0], status[1], status[2], status[3]); };
    show("ask", syscall(SYS_move_pages, 0, 4ul, pages, nullptr, status, 0));
    show_status();
    show("move one", syscall(SYS_move_pages, 0, 1ul, pages, nodes, status, 2));
    show_status();
    nodes[0] = 5;
    show("move to an absent node", syscall(SYS_move_pages, 0, 1ul, pages, nodes, status, 2));
    show("none", syscall(SYS_move_pages, 0, 0ul, nullptr, nullptr, nullptr, 0));
    show("unknown flag", syscall(SYS_move_pages, 0, 1ul, pages, nullptr, status, 1));
    show("bad pages", syscall(SYS_move_pages, 0, 1ul, 8l, nullptr, status, 0));
    show("no such process", syscall(SYS_move_pages, 1 << 30, 1ul, pages, nullptr, status, 0));
}

}  // namespace

int main() {
    task_policy();
    range_policy();
    moving();
}
