// O_ASYNC, F_SETOWN, F_SETSIG; leases; F_NOTIFY; /proc/locks: what is told of files by signals, and who holds what.
#include "show.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <csignal>
#include <ctime>
#include <set>

namespace {

sigset_t wanted;

// The signals that have come, in the order of their numbers.
void show_signals(const char* when, int fd = -1) {
    say("%s:", when);
    for (;;) {
        siginfo_t info;
        timespec now = {};
        if (sigtimedwait(&wanted, &info, &now) < 0) break;
        int number = info.si_signo >= SIGRTMIN ? info.si_signo - SIGRTMIN : -1;
        if (number >= 0) {
            say(" rt%d code %d band %lx%s", number, info.si_code, static_cast<long>(info.si_band),
                info.si_fd == fd ? " fd" : "");
        } else {
            say(" %s code %d", sigabbrev_np(info.si_signo), info.si_code == SI_KERNEL ? 99 : info.si_code);
        }
    }
    say("\n");
}

void owners() {
    int ends[2];
    pipe(ends);
    SHOW(fcntl(ends[0], F_GETOWN));
    SHOW(fcntl(ends[0], F_SETOWN, getpid()));
    say("mine: %d\n", fcntl(ends[0], F_GETOWN) == getpid());
    SHOW(fcntl(ends[0], F_SETOWN, 4000000));
    SHOW(fcntl(ends[0], F_SETOWN, INT32_MIN));
    SHOW(fcntl(ends[0], F_SETOWN, -getpgrp()));
    struct f_owner_ex owner = {};
    SHOW(fcntl(ends[0], F_GETOWN_EX, &owner));
    say("group: %d %d\n", owner.type == F_OWNER_PGRP, owner.pid == getpgrp());
    owner = {F_OWNER_TID, gettid()};
    SHOW(fcntl(ends[0], F_SETOWN_EX, &owner));
    owner = {};
    SHOW(fcntl(ends[0], F_GETOWN_EX, &owner));
    say("thread: %d %d\n", owner.type == F_OWNER_TID, owner.pid == gettid());
    owner = {static_cast<__pid_type>(7), 1};
    SHOW(fcntl(ends[0], F_SETOWN_EX, &owner));
    owner = {F_OWNER_PID, 4000000};
    SHOW(fcntl(ends[0], F_SETOWN_EX, &owner));
    SHOW(fcntl(ends[0], F_SETOWN_EX, nullptr));
    SHOW(fcntl(ends[0], F_SETOWN, 0));
    SHOW(fcntl(ends[0], F_GETOWN));
    SHOW(fcntl(ends[0], F_SETSIG, 65));
    SHOW(fcntl(ends[0], F_SETSIG, SIGRTMIN + 1));
    say("signal %d\n", fcntl(ends[0], F_GETSIG) == SIGRTMIN + 1);
    close(ends[0]);
    close(ends[1]);
}

void pipes() {
    int ends[2];
    pipe(ends);
    fcntl(ends[0], F_SETOWN, getpid());
    SHOW(fcntl(ends[0], F_SETFL, O_ASYNC | O_NONBLOCK));
    say("shown: %d\n", (fcntl(ends[0], F_GETFL) & O_ASYNC) != 0);
    write(ends[1], "a", 1);
    show_signals("a byte came", ends[0]);
    char c;
    read(ends[0], &c, 1);
    fcntl(ends[0], F_SETSIG, SIGRTMIN + 2);
    write(ends[1], "b", 1);
    show_signals("with F_SETSIG", ends[0]);
    read(ends[0], &c, 1);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    write(ends[1], "c", 1);
    show_signals("off", ends[0]);
    int on = 1;
    SHOW(ioctl(ends[0], FIOASYNC, &on));
    say("shown: %d\n", (fcntl(ends[0], F_GETFL) & O_ASYNC) != 0);
    int copy = dup(ends[0]);
    close(ends[0]);
    read(copy, &c, 1);
    write(ends[1], "d", 1);
    show_signals("through the other descriptor", ends[0]);
    close(copy);
    signal(SIGPIPE, SIG_IGN);
    write(ends[1], "e", 1);
    show_signals("closed");
    close(ends[1]);
}

void others() {
    int pair[2], on = 1;
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    fcntl(pair[0], F_SETOWN, getpid());
    fcntl(pair[0], F_SETFL, O_ASYNC);
    write(pair[1], "s", 1);
    show_signals("a socket");
    fcntl(pair[0], F_SETOWN, 0);
    write(pair[1], "s", 1);
    show_signals("nobody's");
    close(pair[0]);
    close(pair[1]);
    int file = open("plain", O_CREAT | O_RDWR, 0600);
    SHOW(fcntl(file, F_SETFL, O_ASYNC));
    say("a plain file: %d\n", (fcntl(file, F_GETFL) & O_ASYNC) != 0);
    SHOW(ioctl(file, FIOASYNC, &on));
    close(file);
    for (bool privileged : {true, false}) {
        in_child(privileged ? "another's process" : "without the right", [privileged] {
            if (!privileged && setuid(65534) != 0) return 1;
            int ends[2];
            pipe(ends);
            fcntl(ends[0], F_SETOWN, getppid());
            fcntl(ends[0], F_SETFL, O_ASYNC);
            write(ends[1], "x", 1);
            return 0;
        });
        show_signals("from a child");
    }
}

void read_leases() {
    close(open("leased", O_CREAT | O_RDWR, 0644));
    int reader = open("leased", O_RDONLY);
    SHOW(fcntl(reader, F_GETLEASE));
    SHOW(fcntl(reader, F_SETLEASE, F_UNLCK));
    SHOW(fcntl(reader, F_SETLEASE, 7));
    SHOW(fcntl(reader, F_SETLEASE, F_RDLCK));
    SHOW(fcntl(reader, F_GETLEASE) == F_RDLCK);
    int second = open("leased", O_RDONLY);
    SHOW(second >= 0);
    SHOW(fcntl(reader, F_SETLEASE, F_WRLCK));
    SHOW(fcntl(second, F_SETLEASE, F_RDLCK));
    close(second);
    show_signals("nothing yet", reader);
    SHOW(open("leased", O_WRONLY | O_NONBLOCK));
    show_signals("being broken", reader);
    SHOW(fcntl(reader, F_GETLEASE) == F_UNLCK);
    SHOW(open("leased", O_WRONLY | O_NONBLOCK));
    show_signals("told once", reader);
    SHOW(open("leased", O_RDONLY | O_NONBLOCK) >= 0);
    SHOW(fcntl(reader, F_SETLEASE, F_UNLCK));
    int writer = open("leased", O_WRONLY | O_NONBLOCK);
    SHOW(writer >= 0);
    SHOW(fcntl(reader, F_SETLEASE, F_RDLCK));
    close(writer);
    close(reader);
}

void write_leases() {
    int file = open("mine", O_CREAT | O_RDWR, 0600);
    SHOW(fcntl(file, F_SETSIG, SIGRTMIN + 3));
    SHOW(fcntl(file, F_SETLEASE, F_WRLCK));
    SHOW(fcntl(file, F_SETLEASE, F_RDLCK));
    in_child("a reader", [] {
        int other = open("mine", O_RDONLY | O_NONBLOCK);
        say("nonblocking: %s\n", other < 0 ? strerrorname_np(errno) : "open");
        return 0;
    });
    show_signals("a reader came", file);
    SHOW(fcntl(file, F_GETLEASE) == F_RDLCK);
    SHOW(fcntl(file, F_SETLEASE, F_RDLCK));
    SHOW(fcntl(file, F_SETLEASE, F_UNLCK));
    SHOW(fcntl(file, F_SETLEASE, F_WRLCK));
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        close(file);
        _exit(truncate("mine", 0) == 0 ? 0 : 1);
    }
    timespec some = {60, 0};
    siginfo_t info = {};
    int signo = sigtimedwait(&wanted, &info, &some);
    say("told: %d, code %d, fd %d\n", signo == SIGRTMIN + 3, info.si_code, info.si_fd == file);
    say("still waiting: %d\n", waitpid(child, &status, WNOHANG) == 0);
    SHOW(fcntl(file, F_SETLEASE, F_UNLCK));
    waitpid(child, &status, 0);
    say("truncated: %d\n", status);
    close(file);
    int folder = open(".", O_RDONLY), ends[2];
    SHOW(fcntl(folder, F_SETLEASE, F_RDLCK));
    pipe(ends);
    SHOW(fcntl(ends[0], F_SETLEASE, F_RDLCK));
    in_child("another's file", [] {
        setuid(65534);
        int fd = open("leased", O_RDONLY);
        SHOW(fcntl(fd, F_SETLEASE, F_RDLCK));
        return 0;
    });
}

void directories() {
    mkdir("d", 0755);
    int fd = open("d", O_RDONLY | O_DIRECTORY), file = open("plain", O_RDONLY);
    SHOW(fcntl(file, F_NOTIFY, DN_CREATE));
    SHOW(fcntl(fd, F_NOTIFY, DN_CREATE));
    close(open("d/one", O_CREAT | O_RDWR, 0644));
    show_signals("created", fd);
    close(open("d/two", O_CREAT | O_RDWR, 0644));
    show_signals("told once", fd);
    SHOW(fcntl(fd, F_SETSIG, SIGRTMIN + 4));
    SHOW(fcntl(fd, F_NOTIFY, DN_CREATE | DN_DELETE | DN_MULTISHOT));
    close(open("d/three", O_CREAT | O_RDWR, 0644));
    show_signals("created", fd);
    unlink("d/three");
    show_signals("deleted", fd);
    mkdir("d/sub", 0755);
    show_signals("a folder", fd);
    rename("d/one", "d/uno");
    show_signals("renamed", fd);
    SHOW(fcntl(fd, F_NOTIFY, DN_ATTRIB | DN_MODIFY | DN_MULTISHOT));
    chmod("d/uno", 0600);
    show_signals("mode", fd);
    int other = open("d/uno", O_WRONLY);
    write(other, "text", 4);
    show_signals("written", fd);
    close(other);
    chmod("d", 0700);
    show_signals("the folder itself", fd);
    SHOW(fcntl(fd, F_NOTIFY, 0));
    mkdir("d/more", 0755);
    show_signals("no more", fd);
    close(fd);
}

void shown_locks() {
    int fd = open("locked", O_CREAT | O_RDWR, 0600);
    struct stat st;
    fstat(fd, &st);
    struct flock lock = {};
    lock.l_type = F_WRLCK, lock.l_start = 10, lock.l_len = 20;
    fcntl(fd, F_SETLK, &lock);
    lock.l_type = F_RDLCK, lock.l_start = 100, lock.l_len = 0;
    fcntl(fd, F_SETLK, &lock);
    lock.l_pid = 0, lock.l_start = 50, lock.l_len = 1;
    fcntl(fd, F_OFD_SETLK, &lock);
    std::string text = read_file("/proc/locks");
    std::set<std::string> lines_shown;
    for (size_t at = 0; at < text.size();) {
        size_t end = text.find('\n', at);
        std::string line = text.substr(at, end - at);
        at = end + 1;
        char kind[16], mode[16], type[16], place[64], last[32];
        long first;
        int pid;
        if (sscanf(line.c_str(), "%*d: %15s %15s %15s %d %63s %ld %31s", kind, mode, type, &pid, place, &first, last) !=
            7)
            continue;
        if (strtoul(strrchr(place, ':') + 1, nullptr, 10) != st.st_ino) continue;
        if (pid != getpid() && pid != -1) continue;
        lines_shown.insert(std::string(kind) + " " + mode + " " + type + (pid == -1 ? " -1 " : " mine ") +
                           std::to_string(first) + " " + last);
    }
    for (const std::string& line : lines_shown) say("%s\n", line.c_str());
    std::string info = read_file(("/proc/self/fdinfo/" + std::to_string(fd)).c_str());
    int lines = 0;
    for (size_t at = info.find("lock:\t"); at != std::string::npos; at = info.find("lock:\t", at + 1)) lines++;
    say("%d of the descriptor\n", lines);
}

}  // namespace

int main() {
    unshare(CLONE_NEWNS);
    mount(nullptr, "/", nullptr, MS_PRIVATE | MS_REC, nullptr);
    mkdir("work", 0777);
    SHOW(mount("work", "work", "tmpfs", 0, nullptr));
    if (chdir("work") != 0) return 1;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGIO);
    for (int i = 0; i < 8; i++) sigaddset(&wanted, SIGRTMIN + i);
    sigprocmask(SIG_BLOCK, &wanted, nullptr);
    owners();
    pipes();
    others();
    read_leases();
    write_leases();
    directories();
    shown_locks();
    return 0;
}
