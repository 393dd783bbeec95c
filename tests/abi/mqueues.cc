// POSIX message queues: attributes, priorities, waiting, time limits, notification, polling, names, limits, errors.
#include "asleep.h"
#include "show.h"

#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <csignal>
#include <ctime>

namespace {

void attributes(const char* what, mqd_t q) {
    mq_attr a;
    if (mq_getattr(q, &a) != 0) {
        say("%s: %s\n", what, strerrorname_np(errno));
        return;
    }
    say("%s: flags %lo, %ld messages of %ld, now %ld\n", what, a.mq_flags, a.mq_maxmsg, a.mq_msgsize, a.mq_curmsgs);
}
void receive(mqd_t q, size_t room = 64) {
    char text[8192];
    unsigned priority = 99;
    const ssize_t n = mq_receive(q, text, room, &priority);
    if (n < 0) {
        say("receive: %s\n", strerrorname_np(errno));
    } else {
        say("received \"%.*s\", priority %u\n", static_cast<int>(n), text, priority);
    }
}
void ready(const char* what, mqd_t q) {
    pollfd p{q, POLLIN | POLLOUT, 0};
    const int n = poll(&p, 1, 0);
    say("%s: %d, %x\n", what, n, static_cast<unsigned>(p.revents));
}
timespec after(long ms) {
    timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_nsec += ms * 1'000'000;
    t.tv_sec += t.tv_nsec / 1'000'000'000;
    t.tv_nsec %= 1'000'000'000;
    return t;
}
void on_signal(int) {}
int become(uid_t id) { return setgid(id) != 0 || setuid(id) != 0; }
mqd_t open_with(const char* name, int flags, long messages, long size, mode_t mode = 0600) {
    mq_attr a{};
    a.mq_maxmsg = messages;
    a.mq_msgsize = size;
    return mq_open(name, flags, mode, &a);
}

void names() {
    SHOW(mq_open("/linnet-none", O_RDWR));
    SHOW(mq_open("/linnet/none", O_RDWR | O_CREAT, 0600, nullptr));
    SHOW(mq_open("no-slash", O_RDWR));
    SHOW(mq_open("/", O_RDWR));
    SHOW(mq_open("/.", O_RDWR));
    SHOW(mq_open("/..", O_RDWR | O_CREAT, 0600, nullptr));
    SHOW(mq_open(("/" + std::string(256, 'x')).c_str(), O_RDWR | O_CREAT, 0600, nullptr));
    SHOW(mq_unlink("/linnet-none"));
    SHOW(mq_unlink("/"));
    SHOW(mq_unlink("/a/b"));
    SHOW_SYS(SYS_mq_open, 0L, O_RDWR, 0, 0L);
    SHOW_SYS(SYS_mq_open, "linnet-bad", O_RDWR | O_CREAT, 0600, 8L);
    SHOW_SYS(SYS_mq_unlink, 0L);
    in_child("shapes", [] {
        if (become(1000)) return 1;
        SHOW(open_with("/linnet-shape", O_RDWR | O_CREAT, 0, 64));
        SHOW(open_with("/linnet-shape", O_RDWR | O_CREAT, 1, 0));
        SHOW(open_with("/linnet-shape", O_RDWR | O_CREAT, -1, 64));
        SHOW(open_with("/linnet-shape", O_RDWR | O_CREAT, 11, 64));
        SHOW(open_with("/linnet-shape", O_RDWR | O_CREAT, 10, 8193));
        SHOW(mq_unlink("/linnet-shape"));
        rlimit limit{10 * (64 + 96) - 1, 819200};
        setrlimit(RLIMIT_MSGQUEUE, &limit);
        SHOW(open_with("/linnet-shape", O_RDWR | O_CREAT, 10, 64));
        limit.rlim_cur++;
        setrlimit(RLIMIT_MSGQUEUE, &limit);
        SHOW_OK(open_with("/linnet-shape", O_RDWR | O_CREAT, 10, 64));
        SHOW(open_with("/linnet-shape2", O_RDWR | O_CREAT, 1, 1));
        SHOW(mq_unlink("/linnet-shape"));
        SHOW(open_with("/linnet-shape2", O_RDWR | O_CREAT, 1, 1));  // the open descriptor still counts
        mq_close(3), mq_close(4);
        SHOW_OK(open_with("/linnet-shape2", O_RDWR | O_CREAT, 1, 1));
        SHOW(mq_unlink("/linnet-shape2"));
        return 0;
    });
}

void order(mqd_t q) {
    SHOW(mq_send(q, "low", 3, 0));
    SHOW(mq_send(q, "high", 4, 9));
    SHOW(mq_send(q, "middle", 6, 5));
    ready("some", q);
    SHOW(mq_send(q, "high too", 8, 9));
    attributes("full", q);
    ready("full", q);
    SHOW(mq_send(q, "more", 4, 1));
    for (int i = 0; i < 5; i++) receive(q);
    ready("empty", q);
    SHOW(mq_send(q, "", 0, 32767));
    receive(q);
    SHOW(mq_send(q, "x", 1, 32768));
    char text[65] = {};
    SHOW(mq_send(q, text, 65, 0));
    SHOW(mq_send(q, "kept", 4, 0));
    receive(q, 63);
    SHOW_SYS(SYS_mq_timedreceive, q, 8L, 64, 0L, 0L);
    receive(q);
    SHOW_SYS(SYS_mq_timedsend, q, 8L, 4, 0, 0L);
    SHOW_SYS(SYS_mq_timedsend, q, "x", 1, 0, 8L);
    SHOW(mq_send(1, "x", 1, 0));
    SHOW(mq_send(-1, "x", 1, 0));
    SHOW(mq_receive(-1, text, 64, nullptr));
}

void limits(mqd_t q) {
    mq_attr a{}, old;
    a.mq_flags = O_NONBLOCK | O_APPEND;
    SHOW(mq_setattr(q, &a, &old));
    a.mq_flags = 0;
    a.mq_maxmsg = 99;
    SHOW(mq_setattr(q, &a, &old));
    say("old flags %lo\n", old.mq_flags);
    attributes("waits now", q);
    SHOW(fcntl(q, F_GETFL) & O_NONBLOCK);
    timespec soon = after(20), past{1, 0}, bad{1, 1'000'000'000}, negative{-1, 0};
    char text[64];
    SHOW(mq_timedreceive(q, text, 64, nullptr, &soon));
    SHOW(mq_timedreceive(q, text, 64, nullptr, &past));
    SHOW(mq_timedreceive(q, text, 64, nullptr, &bad));
    SHOW(mq_timedreceive(q, text, 64, nullptr, &negative));
    SHOW(mq_timedsend(q, "x", 1, 0, &past));  // need not wait
    receive(q);
    for (int i = 0; i < 4; i++) mq_send(q, "fill", 4, 1);
    SHOW(mq_timedsend(q, "x", 1, 0, &past));
}

void waiting(mqd_t q) {
    pid_t child = fork();
    if (child == 0) _exit(mq_send(q, "waited", 6, 3));
    wait_asleep(child);
    receive(q);
    int status = 0;
    waitpid(child, &status, 0);
    say("sender: %d\n", status);
    attributes("full again", q);
    receive(q);
    for (int i = 0; i < 3; i++) receive(q);
    child = fork();
    if (child == 0) {
        receive(q);
        _exit(0);
    }
    wait_asleep(child);
    const int sent = mq_send(q, "handed over", 11, 2);  // told when the child has told what it got
    waitpid(child, &status, 0);
    SHOW(sent);
    child = fork();
    if (child == 0) {
        struct sigaction action{};
        action.sa_handler = on_signal;
        sigaction(SIGUSR1, &action, nullptr);
        receive(q);
        _exit(0);
    }
    wait_asleep(child);
    kill(child, SIGUSR1);
    waitpid(child, &status, 0);
}

void notification(mqd_t q) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &set, nullptr);
    sigevent event{};
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGRTMIN;
    event.sigev_value.sival_int = 4711;
    SHOW(mq_notify(q, &event));
    SHOW(mq_notify(q, &event));
    char line[200] = {};
    lseek(q, 0, SEEK_SET);
    ssize_t n = read(q, line, sizeof line - 1);
    say("as a file: %zd, %.20s, %d\n", n, line, strstr(line, "NOTIFY_PID:") != nullptr);
    in_child("other process", [&] {
        SHOW(mq_notify(q, &event));
        SHOW(mq_notify(q, nullptr));
        SHOW(mq_send(q, "one", 3, 0));
        return 0;
    });
    siginfo_t info{};
    timespec none{0, 0};
    SHOW(sigtimedwait(&set, &info, &none) == SIGRTMIN);
    say("code %d, value %d, uid %u\n", info.si_code, info.si_value.sival_int, info.si_uid);
    SHOW(mq_notify(q, &event));
    SHOW(mq_send(q, "not the first", 13, 0));
    SHOW(sigtimedwait(&set, &info, &none));
    receive(q), receive(q);
    SHOW(mq_notify(q, nullptr));
    SHOW(mq_notify(q, nullptr));
    SHOW(mq_send(q, "nobody is told", 14, 0));
    SHOW(sigtimedwait(&set, &info, &none));
    receive(q);
    // Who receives is served first.
    SHOW(mq_notify(q, &event));
    pid_t child = fork();
    if (child == 0) {
        receive(q);
        _exit(0);
    }
    wait_asleep(child);
    mq_send(q, "for the child", 13, 0);
    waitpid(child, nullptr, 0);
    SHOW(sigtimedwait(&set, &info, &none));
    // A descriptor closed takes it back.
    close(dup(q));
    event.sigev_notify = SIGEV_NONE;
    SHOW(mq_notify(q, &event));
    SHOW(mq_send(q, "none", 4, 0));
    SHOW(mq_notify(q, &event));
    SHOW(mq_notify(q, nullptr));
    receive(q);
    event.sigev_notify = 77;
    SHOW(mq_notify(q, &event));
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = 65;
    SHOW(mq_notify(q, &event));
    SHOW(mq_notify(1, nullptr));
    // SIGEV_THREAD as the library passes it on.
    char cookie[32] = {};
    event.sigev_notify = SIGEV_THREAD;
    event.sigev_value.sival_ptr = cookie;
    event.sigev_signo = -1;
    SHOW_SYS(SYS_mq_notify, q, &event);
    int ends[2];
    if (pipe(ends) == 0) event.sigev_signo = ends[0];
    SHOW_SYS(SYS_mq_notify, q, &event);
    event.sigev_value.sival_ptr = reinterpret_cast<void*>(8);
    SHOW_SYS(SYS_mq_notify, q, &event);
    SHOW_SYS(SYS_mq_notify, q, 8L);
}

void permissions() {
    in_child("stranger", [] {
        if (become(1000)) return 1;
        SHOW(mq_open("/linnet-test", O_RDONLY));
        SHOW(mq_unlink("/linnet-test"));
        return 0;
    });
    mqd_t in = mq_open("/linnet-test", O_RDONLY), out = mq_open("/linnet-test", O_WRONLY);
    char text[64];
    SHOW(mq_send(in, "x", 1, 0));
    SHOW(mq_receive(out, text, 64, nullptr));
    SHOW(fcntl(in, F_GETFD));
    struct stat s;
    SHOW(fstat(in, &s));
    say("mode %o, size %ld, links %lu\n", s.st_mode, static_cast<long>(s.st_size),
        static_cast<unsigned long>(s.st_nlink));
    mq_close(in), mq_close(out);
}

}  // namespace

int main() {
    umask(022);
    mq_unlink("/linnet-test");
    names();
    mqd_t q;
    SHOW_OK(q = open_with("/linnet-test", O_RDWR | O_CREAT | O_EXCL | O_NONBLOCK, 4, 64, 0622));
    SHOW(open_with("/linnet-test", O_RDWR | O_CREAT | O_EXCL, 4, 64));
    attributes("new", q);
    mqd_t same = open_with("/linnet-test", O_RDWR | O_CREAT, -1, -1);
    attributes("opened again", same);
    mq_close(same);
    order(q);
    limits(q);
    waiting(q);
    notification(q);
    permissions();
    SHOW(mq_unlink("/linnet-test"));
    attributes("unlinked", q);
    SHOW(mq_send(q, "still there", 11, 0));
    receive(q);
    SHOW(mq_open("/linnet-test", O_RDWR));
    SHOW(mq_close(q));
    mqd_t plain = mq_open("/linnet-plain", O_RDWR | O_CREAT, 0600, nullptr);
    attributes("default", plain);
    SHOW(mq_unlink("/linnet-plain"));
    for (const char* name : {"queues_max", "msg_max", "msgsize_max", "msg_default", "msgsize_default"})
        say("%s: %s", name, read_file((std::string("/proc/sys/fs/mqueue/") + name).c_str()).c_str());
}
