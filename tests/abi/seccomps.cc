// seccomp(2): strict mode, filters and their answers, inheritance, rules and errors; /proc/PID/status.
#include "show.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/reg.h>
#include <sys/syscall.h>
#include <csignal>
#include <cstddef>

static siginfo_t last;
static void on_sigsys(int, siginfo_t* info, void*) { last = *info; }

// Answers `answer` to call `number`, allows the others.
static int filter(int number, unsigned answer, int flags = 0) {
    sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(number), 0, 1),
        BPF_STMT(BPF_RET | BPF_K, answer),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    sock_fprog program = {sizeof code / sizeof code[0], code};
    return static_cast<int>(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program));
}

static void show_status() {
    std::string text = read_file("/proc/self/status");
    for (const char* name : {"\nNoNewPrivs:", "\nSeccomp:", "\nSeccomp_filters:"}) {
        size_t at = text.find(name);
        if (at != std::string::npos) say("%s\n", text.substr(at + 1, text.find('\n', at + 1) - at - 1).c_str());
    }
}

static void errors() {
    SHOW(prctl(PR_GET_SECCOMP));
    SHOW(prctl(PR_SET_SECCOMP, 77, 0));
    SHOW(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, 0));
    SHOW(syscall(SYS_seccomp, 99, 0, nullptr));
    SHOW(syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 1, nullptr));
    SHOW(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 1u << 20, nullptr));
    SHOW(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, nullptr));
    unsigned action = SECCOMP_RET_ERRNO;
    SHOW(syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action));
    action = 0x12340000;
    SHOW(syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action));
    SHOW(syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 1, &action));
    sock_filter bad[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64), BPF_STMT(BPF_RET | BPF_K, 0)};
    sock_fprog program = {2, bad};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    SHOW(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program));
    program.len = 0;
    SHOW(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program));
    program.len = 4097;
    SHOW(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program));
    program = {2, nullptr};
    SHOW(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program));
}

static void* other_thread(void* ends) {
    char byte;
    if (read(static_cast<int*>(ends)[0], &byte, 1) != 1) return nullptr;
    errno = 0;
    say("thread: getuid %ld %s\n", syscall(SYS_getuid) == -1 ? -1L : 0L, errno != 0 ? strerrorname_np(errno) : "");
    return nullptr;
}

int main() {
    in_child("errors", [] {
        errors();
        return 0;
    });
    in_child("without the right", [] {
        if (setuid(1000) != 0) return 1;
        SHOW(filter(SYS_getuid, SECCOMP_RET_ALLOW));
        return 0;
    });
    in_child("strict", [] {
        SHOW(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT));
        say("still writing\n");
        syscall(SYS_exit, 3);
        return 0;
    });
    in_child("strict, forbidden", [] {
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
        syscall(SYS_getuid);
        return 0;
    });
    in_child("errno", [] {
        SHOW(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
        SHOW(filter(SYS_getuid, SECCOMP_RET_ERRNO | ENOTTY));
        SHOW(syscall(SYS_getuid));
        SHOW(prctl(PR_GET_SECCOMP));
        SHOW(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT));
        SHOW(filter(SYS_getgid, SECCOMP_RET_ERRNO | 5000));
        errno = 0;
        say("getgid %ld errno %d\n", syscall(SYS_getgid), errno);
        SHOW(filter(SYS_getppid, SECCOMP_RET_ERRNO));
        SHOW(syscall(SYS_getppid));
        show_status();
        in_child("inherited", [] {
            SHOW(syscall(SYS_getuid));
            return 0;
        });
        return 0;
    });
    in_child("strictest first", [] {
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        filter(SYS_getuid, SECCOMP_RET_ERRNO | EBUSY);
        filter(SYS_getuid, SECCOMP_RET_LOG);
        SHOW(syscall(SYS_getuid));
        filter(SYS_getuid, SECCOMP_RET_ERRNO | EDOM);
        SHOW(syscall(SYS_getuid));
        return 0;
    });
    in_child("trap", [] {
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        struct sigaction action = {};
        action.sa_sigaction = on_sigsys;
        action.sa_flags = SA_SIGINFO;
        sigaction(SIGSYS, &action, nullptr);
        filter(SYS_getuid, SECCOMP_RET_TRAP | 77);
        SHOW(syscall(SYS_getuid));
        say("signo %d code %d errno %d syscall %d arch %x\n", last.si_signo, last.si_code, last.si_errno,
            last.si_syscall, last.si_arch);
        return 0;
    });
    in_child("trap without handler", [] {
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        filter(SYS_getuid, SECCOMP_RET_TRAP);
        syscall(SYS_getuid);
        return 0;
    });
    for (unsigned answer : {SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, 0x12340000u}) {
        in_child("kill", [&] {
            prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
            filter(SYS_getuid, answer);
            syscall(SYS_getuid);
            return 0;
        });
    }
    in_child("trace without tracer", [] {
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        filter(SYS_getuid, SECCOMP_RET_TRACE);
        SHOW(syscall(SYS_getuid));
        return 0;
    });
    in_child("synchronised", [] {
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        int ends[2];
        if (pipe(ends) != 0) return 1;
        pthread_t thread;
        pthread_create(&thread, nullptr, other_thread, ends);
        SHOW(filter(SYS_getuid, SECCOMP_RET_ERRNO | EXDEV, SECCOMP_FILTER_FLAG_TSYNC));
        if (write(ends[1], "", 1) != 1) return 1;
        pthread_join(thread, nullptr);
        return 0;
    });
    pid_t child = fork();
    if (child == 0) {
        ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
        raise(SIGSTOP);
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        filter(SYS_getuid, SECCOMP_RET_TRACE | 0x55);
        _exit(static_cast<int>(syscall(SYS_getuid) & 0x7f));
    }
    int status = 0;
    waitpid(child, &status, 0);
    SHOW(ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_TRACESECCOMP));
    SHOW(ptrace(PTRACE_CONT, child, nullptr, nullptr));
    waitpid(child, &status, 0);
    unsigned long message = 0;
    ptrace(PTRACE_GETEVENTMSG, child, nullptr, &message);
    say("stopped %x message %lx call %ld\n", status, message, ptrace(PTRACE_PEEKUSER, child, ORIG_RAX * 8, nullptr));
    ptrace(PTRACE_POKEUSER, child, ORIG_RAX * 8, -1L);
    ptrace(PTRACE_POKEUSER, child, RAX * 8, 66L);
    SHOW(ptrace(PTRACE_CONT, child, nullptr, nullptr));
    waitpid(child, &status, 0);
    say("exited %d\n", WEXITSTATUS(status));
    return 0;
}
