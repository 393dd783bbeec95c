// System V semaphores: values, atomic sequences, waiting, undo, removal, semctl's commands, permissions, errors.
#include "show.h"

#include <pthread.h>
#include <sched.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <csignal>
#include <ctime>
#include <initializer_list>
#include <vector>

namespace {

using Ops = std::initializer_list<sembuf>;
int run(int id, Ops ops) {
    std::vector<sembuf> copy(ops);
    return semop(id, copy.data(), copy.size());
}
sembuf op(unsigned number, int change, int flags = 0) {
    return {static_cast<unsigned short>(number), static_cast<short>(change), static_cast<short>(flags)};
}
void values(const char* what, int id) {
    semid_ds d;
    if (semctl(id, 0, IPC_STAT, &d) != 0) {
        say("%s: %s\n", what, strerrorname_np(errno));
        return;
    }
    std::vector<unsigned short> all(d.sem_nsems);
    std::string line;
    if (semctl(id, 0, GETALL, all.data()) == 0) {
        for (unsigned short v : all) line += " " + std::to_string(v);
    }
    say("%s:%s; mode %o, times %d%d\n", what, line.c_str(), d.sem_perm.mode, d.sem_otime != 0, d.sem_ctime != 0);
}
// Until `count` threads wait for the semaphore to grow (or to be zero).
void await(int id, int number, int command, int count) {
    for (int i = 0; i < 5000 && semctl(id, number, command) != count; i++) usleep(1000);
    say("waiting: %d\n", semctl(id, number, command));
}
// A child that ends with what semop said.
pid_t child_op(int id, Ops ops) {
    const std::vector<sembuf> copy(ops);
    const pid_t child = fork();
    if (child == 0) _exit(semop(id, const_cast<sembuf*>(copy.data()), copy.size()) == 0 ? 0 : errno);
    return child;
}
void reap(const char* what, pid_t child) {
    int status = 0;
    waitpid(child, &status, 0);
    const int code = WEXITSTATUS(status);
    say("%s: %s\n", what, WIFSIGNALED(status) ? "killed" : code == 0 ? "done" : strerrorname_np(code));
}
void on_signal(int) {}

void simple(int id) {
    SHOW(run(id, {op(0, 3)}));
    SHOW(semctl(id, 0, GETPID) == getpid());
    SHOW(run(id, {op(0, -1), op(1, 2), op(0, -2), op(0, 0)}));
    values("all at once", id);
    SHOW(run(id, {op(1, -1), op(2, -1, IPC_NOWAIT)}));
    values("nothing was done", id);
    SHOW(run(id, {op(1, 0, IPC_NOWAIT)}));
    SHOW(run(id, {op(0, 32767)}));
    SHOW(run(id, {op(1, 1), op(0, 1)}));
    SHOW(run(id, {op(0, -32767)}));
    SHOW(run(id, {op(3, 1)}));
    SHOW(run(id, {}));
    SHOW(run(-1, {op(0, 1)}));
    SHOW(run(id + 1, {op(0, 1)}));
    SHOW_SYS(SYS_semop, id, nullptr, 1);
    SHOW_SYS(SYS_semop, id, nullptr, 0);
    SHOW_SYS(SYS_semop, id, nullptr, 501);
    SHOW_SYS(SYS_semop, id, nullptr, 0x7fffffffu);
}

void control(int id) {
    SHOW(semctl(id, 2, SETVAL, 7));
    SHOW(semctl(id, 2, GETVAL));
    SHOW(semctl(id, 2, SETVAL, 32768));
    SHOW(semctl(id, 2, SETVAL, -1));
    SHOW(semctl(id, 3, SETVAL, 1));
    SHOW(semctl(id, -1, SETVAL, 1));
    SHOW(semctl(id, 3, GETVAL));
    SHOW(semctl(id, -1, GETNCNT));
    unsigned short all[3] = {1, 2, 3};
    SHOW(semctl(id, 99, SETALL, all));
    values("set all", id);
    all[1] = 40000;
    SHOW(semctl(id, 0, SETALL, all));
    SHOW(semctl(id, 0, SETALL, nullptr));
    SHOW(semctl(id, 0, GETALL, nullptr));
    SHOW(semctl(id, 0, IPC_STAT, nullptr));
    SHOW(semctl(id, 0, 77));
    SHOW(semctl(-1, 0, GETVAL));
    SHOW(semctl(id + 1, 0, GETVAL));
    values("unchanged", id);
    semid_ds d;
    SHOW(semctl(id, 0, IPC_STAT, &d));
    d.sem_perm.mode = 0600;
    SHOW(semctl(id, 0, IPC_SET, &d));
    d.sem_perm.uid = static_cast<uid_t>(-1);
    SHOW(semctl(id, 0, IPC_SET, &d));
    values("mode set", id);
    seminfo info{};
    SHOW(semctl(0, 0, IPC_INFO, &info) >= 0);
    say("limits: %d %d %d %d %d %d %d %d %d %d\n", info.semmap, info.semmni, info.semmns, info.semmnu, info.semmsl,
        info.semopm, info.semume, info.semusz, info.semvmx, info.semaem);
    const int greatest = semctl(0, 0, SEM_INFO, &info);
    say("usage: %d %d\n", info.semusz >= 1, info.semaem >= 3);
    bool found = false;
    for (int place = 0; place <= greatest; place++) {
        semid_ds s;
        found = found || semctl(place, 0, SEM_STAT, &s) == id;
    }
    say("found by place: %d\n", found);
    SHOW(semctl(32000, 0, SEM_STAT, &d));
}

void waiting(int id) {
    unsigned short none[3] = {0, 0, 0};
    semctl(id, 0, SETALL, none);
    pid_t a = child_op(id, {op(0, -2)});
    await(id, 0, GETNCNT, 1);
    pid_t b = child_op(id, {op(0, -1), op(1, 1)});
    await(id, 0, GETNCNT, 2);
    pid_t c = child_op(id, {op(1, 0), op(0, 0), op(2, -1)});
    await(id, 2, GETNCNT, 1);
    SHOW(run(id, {op(0, 1)}));
    reap("the one that wants less", b);
    values("after one", id);
    SHOW(run(id, {op(2, 5)}));
    await(id, 1, GETZCNT, 1);
    SHOW(run(id, {op(1, -1)}));
    reap("zero came", c);
    SHOW(semctl(id, 0, SETVAL, 2));
    reap("the first", a);
    values("all went on", id);

    pid_t d = child_op(id, {op(1, -1)});
    await(id, 1, GETNCNT, 1);
    kill(d, SIGKILL);
    reap("killed", d);
    await(id, 1, GETNCNT, 0);
    d = fork();
    if (d == 0) {
        struct sigaction action{};
        action.sa_handler = on_signal;
        action.sa_flags = SA_RESTART;
        sigaction(SIGUSR1, &action, nullptr);
        sembuf one = op(1, -1);
        _exit(semop(id, &one, 1) == 0 ? 0 : errno);
    }
    await(id, 1, GETNCNT, 1);
    kill(d, SIGUSR1);
    reap("interrupted", d);

    sembuf one = op(1, -1);
    timespec soon{0, 20'000'000}, now{0, 0}, bad{0, 1'000'000'000}, negative{-1, 0};
    SHOW(semtimedop(id, &one, 1, &soon));
    SHOW(semtimedop(id, &one, 1, &now));
    SHOW(semtimedop(id, &one, 1, &bad));
    SHOW(semtimedop(id, &one, 1, &negative));
    SHOW(semtimedop(id, &one, 1, reinterpret_cast<timespec*>(8)));
    SHOW(semctl(id, 1, GETNCNT));
}

void undo(int id) {
    unsigned short start[3] = {5, 5, 5};
    semctl(id, 0, SETALL, start);
    in_child("undo", [&] {
        SHOW(run(id, {op(0, -3, SEM_UNDO), op(1, 2, SEM_UNDO), op(2, 1)}));
        values("in the child", id);
        return 0;
    });
    values("undone", id);
    in_child("not below zero", [&] {
        run(id, {op(0, 4, SEM_UNDO)});
        run(id, {op(0, -7)});
        return 0;
    });
    values("cut", id);
    in_child("set since", [&] {
        run(id, {op(1, -1, SEM_UNDO), op(2, -1, SEM_UNDO)});
        semctl(id, 1, SETVAL, 9);
        return 0;
    });
    values("only the other", id);
    in_child("out of range", [&] {
        SHOW(semctl(id, 0, SETVAL, 0));
        SHOW(run(id, {op(0, 32767, SEM_UNDO)}));
        SHOW(run(id, {op(0, -32767)}));
        SHOW(run(id, {op(0, 1, SEM_UNDO)}));
        SHOW(run(id, {op(0, 2, SEM_UNDO)}));
        return 0;
    });
    values("after", id);
    // A waiter goes on when another's end gives back.
    semctl(id, 0, SETVAL, 1);
    const pid_t holder = fork();
    if (holder == 0) {
        sembuf take = op(0, -1, SEM_UNDO);
        semop(id, &take, 1);
        for (;;) pause();
    }
    while (semctl(id, 0, GETVAL) != 0) usleep(1000);
    const pid_t waiter = child_op(id, {op(0, -1)});
    await(id, 0, GETNCNT, 1);
    kill(holder, SIGKILL);
    reap("holder", holder);
    reap("waiter", waiter);
    // Threads share one list: it is undone when the process ends, not the thread.
    semctl(id, 0, SETVAL, 4);
    in_child("threads", [&] {
        pthread_t t;
        static int set;
        set = id;
        pthread_create(
            &t, nullptr,
            [](void*) -> void* {
                sembuf take = op(0, -3, SEM_UNDO);
                semop(set, &take, 1);
                return nullptr;
            },
            nullptr);
        pthread_join(t, nullptr);
        say("after the thread: %d\n", semctl(id, 0, GETVAL));
        return 0;
    });
    say("after the process: %d\n", semctl(id, 0, GETVAL));
    in_child("exec keeps, unshare gives back", [&] {
        run(id, {op(0, -2, SEM_UNDO)});
        say("unshare: %d\n", unshare(CLONE_SYSVSEM));
        say("value: %d\n", semctl(id, 0, GETVAL));
        return 0;
    });
}

void permissions(int id) {
    in_child("stranger", [&] {
        if (setgid(1000) != 0 || setuid(1000) != 0) return 1;
        semid_ds d;
        SHOW(run(id, {op(0, 1)}));
        SHOW(run(id, {op(0, 0, IPC_NOWAIT)}));
        SHOW(run(id, {op(77, 0, IPC_NOWAIT)}));
        SHOW(semctl(id, 0, GETVAL));
        SHOW(semctl(id, 0, SETVAL, 1));
        SHOW(semctl(id, 0, IPC_STAT, &d));
        SHOW(semctl(id, 0, IPC_RMID));
        SHOW(semctl(id, 0, IPC_SET, &d));
        return 0;
    });
    semid_ds d;
    semctl(id, 0, IPC_STAT, &d);
    d.sem_perm.mode = 0604;
    semctl(id, 0, IPC_SET, &d);
    in_child("reader", [&] {
        if (setgid(1000) != 0 || setuid(1000) != 0) return 1;
        SHOW(run(id, {op(0, 1)}));
        SHOW(run(id, {op(1, 0, IPC_NOWAIT)}));
        SHOW(semctl(id, 0, GETVAL));
        SHOW(semctl(id, 0, SETVAL, 1));
        return 0;
    });
}

}  // namespace

int main() {
    const key_t key = 0x4c696e6f;
    const int old = semget(key, 0, 0);
    if (old >= 0) semctl(old, 0, IPC_RMID);
    SHOW(semget(key, 0, 0));
    SHOW(semget(key, 0, IPC_CREAT | 0600));
    SHOW(semget(key, -1, IPC_CREAT | 0600));
    SHOW(semget(key, 32001, IPC_CREAT | 0600));
    int id;
    SHOW_OK(id = semget(key, 3, IPC_CREAT | IPC_EXCL | 0640));
    values("new", id);
    SHOW(semget(key, 3, 0) == id);
    SHOW(semget(key, 0, IPC_CREAT | 0600) == id);
    SHOW(semget(key, 4, 0));
    SHOW(semget(key, 3, IPC_CREAT | IPC_EXCL));
    simple(id);
    control(id);
    waiting(id);
    undo(id);
    permissions(id);
    const pid_t left = child_op(id, {op(1, -20000)});
    await(id, 1, GETNCNT, 1);
    in_child("undo of what is gone", [&] {
        run(id, {op(0, 1, SEM_UNDO)});
        SHOW(semctl(id, 0, IPC_RMID));
        int other = semget(IPC_PRIVATE, 1, 0600);
        run(other, {op(0, 1, SEM_UNDO)});
        SHOW(semctl(other, 0, GETVAL));
        SHOW(semctl(other, 0, IPC_RMID));
        return 0;
    });
    reap("set removed", left);
    SHOW(semctl(id, 0, GETVAL));
    SHOW(run(id, {op(0, 1)}));
    say("%s", read_file("/proc/sysvipc/sem").substr(0, 98).c_str());
    say("%s", read_file("/proc/sys/kernel/sem").c_str());
}
