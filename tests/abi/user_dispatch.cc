// PR_SET_SYSCALL_USER_DISPATCH: calls that become SIGSYS, by a selector and by a range of code.
#include "show.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>

namespace {
constexpr int kSet = 59, kOff = 0, kOn = 1;
constexpr char kAllow = 0, kBlock = 1;
volatile char selector;
siginfo_t seen;
long seen_rax;
int count;

long dispatch(unsigned long mode, unsigned long start, unsigned long length, volatile char* byte) {
    return prctl(kSet, mode, start, length, byte);
}

// rt_sigreturn is a call too: from here on the selector allows.
void on_sigsys(int, siginfo_t* info, void* context) {
    selector = kAllow;
    seen = *info;
    auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
    seen_rax = registers[REG_RAX];
    registers[REG_RAX] = 4711;
    count++;
}

void emulated() {
    selector = kBlock;
    const long result = syscall(SYS_getppid);
    say("result %ld signal %d code %d errno %d call %d arch %x rax %d count %d\n", result, seen.si_signo, seen.si_code,
        seen.si_errno, seen.si_syscall, seen.si_arch, seen_rax == SYS_getppid, count);
    selector = kBlock;
    const long absent = syscall(100000);
    say("result %ld call %d count %d\n", absent, seen.si_syscall, count);
}

template <typename Fn>
void child(const char* what, Fn fn) {
    const pid_t pid = fork();
    if (pid == 0) {
        fn();
        _exit(7);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    say("%s: exited %d status %d signal %d\n", what, WIFEXITED(status), WIFEXITED(status) ? WEXITSTATUS(status) : 0,
        WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

void errors() {
    SHOW(dispatch(2, 0, 0, nullptr));
    SHOW(dispatch(kOff, 1, 0, nullptr));
    SHOW(dispatch(kOff, 0, 1, nullptr));
    SHOW(dispatch(kOff, 0, 0, &selector));
    SHOW(dispatch(kOn, 4096, 0, &selector));
    SHOW(dispatch(kOn, 4096, ~0ul, &selector));
    SHOW(prctl(kSet, kOn, 0, 0, ~0ul));
    SHOW(dispatch(kOff, 0, 0, nullptr));
}
}  // namespace

int main() {
    if (getenv("AGAIN") != nullptr) return 5;
    struct sigaction action = {};
    action.sa_sigaction = on_sigsys;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGSYS, &action, nullptr);
    errors();
    SHOW(dispatch(kOn, 0, 0, &selector));
    emulated();
    SHOW(getpid() > 0);
    child("not inherited", [] { selector = kBlock; });
    child("a bad selector's value", [] {
        dispatch(kOn, 0, 0, &selector);
        selector = 9;
    });
    child("an unmapped selector", [] { prctl(kSet, kOn, 0, 0, 8ul); });
    child("all code but a range, unhandled", [] {
        signal(SIGSYS, SIG_DFL);
        dispatch(kOn, 4096, 4096, nullptr);
    });
    child("everything is in the range", [] { dispatch(kOn, 1, ~0ul >> 1, nullptr); });
    child("gone with exec", [] {
        selector = kAllow;
        dispatch(kOn, 0, 0, &selector);
        char self[] = "/proc/self/exe";
        char* arguments[] = {self, nullptr};
        setenv("AGAIN", "1", 1);
        execve(self, arguments, environ);
    });
    SHOW(dispatch(kOff, 0, 0, nullptr));
    selector = kBlock;
    SHOW(getpid() > 0);
    return 0;
}
