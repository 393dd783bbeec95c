// Core files: when there is one, its notes about all threads, which memory it holds, its name, its limit.
#include "show.h"

#include <elf.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/procfs.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <csignal>
#include <map>
#include <vector>

namespace {

char marker[64] = "found in the data segment";
char* kept;
char* left_out;
char* shared;
volatile bool thread_is_there;

void limit(rlim_t bytes) {
    rlimit r{bytes, RLIM_INFINITY};
    if (getrlimit(RLIMIT_CORE, &r) == 0) {
        r.rlim_cur = bytes;
        setrlimit(RLIMIT_CORE, &r);
    }
}

// A child that dies as `body` says; whether a core is said to be there, and whether it is.
template <typename Body>
void dies(const char* what, Body body) {
    unlink("core");
    const pid_t child = fork();
    if (child == 0) {
        body();
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    say("%s: signal %d, core %d, file %d\n", what, WTERMSIG(status), WCOREDUMP(status) != 0, access("core", F_OK) == 0);
}

struct Core {
    std::string bytes;
    std::vector<Elf64_Phdr> segments;
    std::string notes;

    explicit Core(const char* path) : bytes(read_file(path)) {
        Elf64_Ehdr header;
        if (bytes.size() < sizeof header) return;
        memcpy(&header, bytes.data(), sizeof header);
        say("type %d, machine %d, segments %d\n", header.e_type, header.e_machine, header.e_phnum > 5);
        for (int i = 0; i < header.e_phnum; i++) {
            Elf64_Phdr p;
            memcpy(&p, bytes.data() + header.e_phoff + static_cast<size_t>(i) * sizeof p, sizeof p);
            if (p.p_type == PT_NOTE) notes = bytes.substr(p.p_offset, p.p_filesz);
            if (p.p_type == PT_LOAD) segments.push_back(p);
        }
    }
    // The bytes at an address of the dead program.
    std::string at(const void* address, size_t size) const {
        const auto a = reinterpret_cast<Elf64_Addr>(address);
        for (const Elf64_Phdr& p : segments) {
            if (a < p.p_vaddr || a + size > p.p_vaddr + p.p_memsz) continue;
            if (a + size > p.p_vaddr + p.p_filesz) return "(not kept)";
            return bytes.substr(p.p_offset + a - p.p_vaddr, size);
        }
        return "(no segment)";
    }
    void show_notes() const;
};

void show_note(unsigned type, const std::string& name, const std::string& contents) {
    switch (type) {
        case NT_PRSTATUS: {
            prstatus_t s;
            memcpy(&s, contents.data(), sizeof s);
            say("%s status: signal %d/%d, held %d, fp %d, has stack %d, parent %d\n", name.c_str(), s.pr_cursig,
                s.pr_info.si_signo, (s.pr_sighold >> (SIGUSR2 - 1)) & 1 ? 1 : 0, s.pr_fpvalid, s.pr_reg[19] != 0,
                s.pr_ppid == getpid());
            break;
        }
        case NT_PRPSINFO: {
            prpsinfo_t p;
            memcpy(&p, contents.data(), sizeof p);
            say("%s process: %c, nice %d, \"%s\", arguments %d\n", name.c_str(), p.pr_sname, p.pr_nice, p.pr_fname,
                strstr(p.pr_psargs, "cores ") != nullptr);
            break;
        }
        case NT_SIGINFO: {
            siginfo_t i;
            memcpy(&i, contents.data(), sizeof i);
            say("%s siginfo: signal %d, code %d, address %p\n", name.c_str(), i.si_signo, i.si_code, i.si_addr);
            break;
        }
        case NT_FILE: {
            unsigned long head[2];
            memcpy(head, contents.data(), sizeof head);
            say("%s files: some %d, page %lu, the program %d\n", name.c_str(), head[0] > 0, head[1],
                contents.find(program_invocation_short_name) != std::string::npos);
            break;
        }
        case NT_AUXV: say("%s auxv: whole %d\n", name.c_str(), contents.size() % 16 == 0); break;
        case NT_PRFPREG: say("%s fpregs: %zu bytes\n", name.c_str(), contents.size()); break;
        case NT_X86_XSTATE:
            say("%s xstate: more than the legacy part %d\n", name.c_str(), contents.size() > 512);
            break;
        default: break;
    }
}

void Core::show_notes() const {
    for (size_t at = 0; at + sizeof(Elf64_Nhdr) <= notes.size();) {
        Elf64_Nhdr h;
        memcpy(&h, notes.data() + at, sizeof h);
        at += sizeof h;
        const std::string name = notes.substr(at, h.n_namesz - 1);
        at += (h.n_namesz + 3) & ~3u;
        show_note(h.n_type, name, notes.substr(at, h.n_descsz));
        at += (h.n_descsz + 3) & ~3u;
    }
}

void* other_thread(void*) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    thread_is_there = true;
    for (;;) pause();
}

void crash() {
    strcpy(marker + 30, "changed");
    strcpy(kept, "kept");
    strcpy(left_out, "left out");
    strcpy(shared, "shared");
    pthread_t t;
    pthread_create(&t, nullptr, other_thread, nullptr);
    while (!thread_is_there) usleep(1000);
    usleep(20'000);
    *reinterpret_cast<volatile int*>(16) = 1;
}

void whole_core() {
    dies("crash", crash);
    struct stat s{};
    stat("core", &s);
    say("mode %o, holes %d\n", s.st_mode, s.st_size > 0);
    const Core core("core");
    core.show_notes();
    say("data: %s, %s\n", core.at(marker, 25).c_str(), core.at(marker + 30, 7).c_str());
    say("anonymous: %s; MADV_DONTDUMP: %s; shared: %s\n", core.at(kept, 4).c_str(), core.at(left_out, 8).c_str(),
        core.at(shared, 6).c_str());
}

void filtered() {
    say("filter %s", read_file("/proc/self/coredump_filter").c_str());
    dies("filtered", [] {
        write_file("/proc/self/coredump_filter", "0x2\n");
        say("filter %s", read_file("/proc/self/coredump_filter").c_str());
        crash();
    });
    const Core core("core");
    say("data: %s; anonymous: %s; shared: %s\n", core.at(marker, 25).c_str(), core.at(kept, 4).c_str(),
        core.at(shared, 6).c_str());
}

}  // namespace

int main() {
    // Cores go to a file "core" in the working directory, or there is nothing to compare.
    if (read_file("/proc/sys/kernel/core_pattern") != "core\n" ||
        read_file("/proc/sys/kernel/core_uses_pid") != "0\n") {
        say("core_pattern is not \"core\"\n");
        return 1;
    }
    const auto area = [](int flags) {
        return static_cast<char*>(mmap(nullptr, 8192, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0));
    };
    kept = area(MAP_PRIVATE);
    mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    left_out = area(MAP_PRIVATE);
    shared = area(MAP_SHARED);
    madvise(left_out, 8192, MADV_DONTDUMP);

    limit(0);
    dies("no limit at all", crash);
    limit(4095);
    dies("less than a page", crash);
    limit(RLIM_INFINITY);
    whole_core();
    filtered();
    limit(20000);
    dies("cut", crash);
    struct stat s{};
    stat("core", &s);
    say("not longer: %d\n", s.st_blocks * 512 <= 20480);
    limit(RLIM_INFINITY);
    for (int signo : {SIGABRT, SIGQUIT, SIGILL, SIGFPE, SIGBUS, SIGTRAP, SIGSYS, SIGXCPU, SIGXFSZ, SIGTERM, SIGKILL,
                      SIGUSR1, SIGALRM})
        dies(sigabbrev_np(signo), [=] { kill(getpid(), signo); });
    dies("not dumpable", [] {
        prctl(PR_SET_DUMPABLE, 0);
        abort();
    });
    dies("other uid, dumpable again", [] {
        if (chmod(".", 0777) != 0 || setgid(1000) != 0 || setuid(1000) != 0) _exit(1);
        prctl(PR_SET_DUMPABLE, 1);
        abort();
    });
    dies("other uid", [] {
        if (setgid(1000) != 0 || setuid(1000) != 0) _exit(1);
        abort();
    });
    dies("no place", [] {
        if (chdir("/proc") != 0) _exit(1);
        abort();
    });
    // What is there already goes, were it a link.
    write_file("victim", "untouched");
    dies("a link in the way", [] {
        if (symlink("victim", "core") != 0) _exit(1);
        abort();
    });
    say("%s\n", read_file("victim").c_str());
    dies("the other thread", [] {
        pthread_t t;
        pthread_create(&t, nullptr, [](void*) -> void* { abort(); }, nullptr);
        for (;;) pause();
    });
    unlink("core");
}
