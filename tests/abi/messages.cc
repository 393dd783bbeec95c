// System V message queues: order, selection by type, cut and peeked messages, waiting, limits, removal, errors.
#include "asleep.h"
#include "show.h"

#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/syscall.h>
#include <climits>
#include <csignal>

#ifndef MSG_COPY
#define MSG_COPY 040000
#endif

namespace {

struct Buffer {
    long type;
    char text[9000];
};

int send(int id, long type, const char* text, int flags = IPC_NOWAIT) {
    Buffer b;
    b.type = type;
    strcpy(b.text, text);
    return msgsnd(id, &b, strlen(text), flags);
}
void receive(int id, long type, int flags = IPC_NOWAIT, size_t room = sizeof(Buffer::text)) {
    Buffer b{};
    const ssize_t n = msgrcv(id, &b, room, type, flags);
    if (n < 0) {
        say("type %ld, flags %o: %s\n", type, static_cast<unsigned>(flags), strerrorname_np(errno));
    } else {
        say("type %ld, flags %o: %ld \"%.*s\"\n", type, static_cast<unsigned>(flags), b.type, static_cast<int>(n),
            b.text);
    }
}
void status(const char* what, int id) {
    msqid_ds d;
    if (msgctl(id, IPC_STAT, &d) != 0) {
        say("%s: %s\n", what, strerrorname_np(errno));
        return;
    }
    say("%s: %lu messages, %lu of %lu bytes, mode %o, sender %d, receiver %d, times %d%d%d\n", what,
        static_cast<unsigned long>(d.msg_qnum), static_cast<unsigned long>(d.__msg_cbytes),
        static_cast<unsigned long>(d.msg_qbytes), d.msg_perm.mode, d.msg_lspid == getpid(), d.msg_lrpid == getpid(),
        d.msg_stime != 0, d.msg_rtime != 0, d.msg_ctime != 0);
}
void on_signal(int) {}

void selection(int id) {
    send(id, 3, "three");
    send(id, 1, "one");
    send(id, 2, "two");
    send(id, 1, "one again");
    send(id, 7, "seven");
    status("five", id);
    receive(id, 2, IPC_NOWAIT | MSG_COPY);
    receive(id, 0, IPC_NOWAIT | MSG_COPY);
    receive(id, 9, IPC_NOWAIT | MSG_COPY);
    receive(id, 0, MSG_COPY);
    receive(id, 0, IPC_NOWAIT | MSG_COPY | MSG_EXCEPT);
    receive(id, 0, IPC_NOWAIT | MSG_COPY | MSG_NOERROR, 2);
    receive(id, 5);
    receive(id, -2);
    receive(id, -2);
    receive(id, 3, IPC_NOWAIT | MSG_EXCEPT);
    receive(id, LONG_MIN);
    receive(id, 0);
    receive(id, 0);
    status("empty", id);
    send(id, 4, "a long text");
    receive(id, 0, IPC_NOWAIT, 5);
    receive(id, 0, IPC_NOWAIT | MSG_NOERROR, 6);
    send(id, 4, "");
    receive(id, 0);
}

void errors(int id) {
    Buffer b{};
    b.type = 1;
    SHOW(msgsnd(id, &b, 8193, IPC_NOWAIT));
    SHOW(msgsnd(id, &b, static_cast<size_t>(-1), IPC_NOWAIT));
    SHOW(send(id, 0, "x"));
    SHOW(send(id, -1, "x"));
    SHOW(send(-1, 1, "x"));
    SHOW(send(id + 1, 1, "x"));
    SHOW_SYS(SYS_msgsnd, id, nullptr, 1, IPC_NOWAIT);
    SHOW(msgrcv(id, &b, static_cast<size_t>(-1), 0, IPC_NOWAIT));
    SHOW(msgrcv(-1, &b, 1, 0, IPC_NOWAIT));
    SHOW(msgrcv(id + 1, &b, 1, 0, IPC_NOWAIT));
    send(id, 1, "lost");
    SHOW_SYS(SYS_msgrcv, id, nullptr, 8, 0, IPC_NOWAIT);
    receive(id, 0);
    SHOW(msgctl(id, 99, nullptr));
    SHOW(msgctl(id, -1, nullptr));
    SHOW(msgctl(-1, IPC_STAT, nullptr));
    SHOW(msgctl(id, IPC_STAT, nullptr));
    SHOW(msgctl(id, IPC_SET, nullptr));
}

void full(int id) {
    Buffer b{};
    b.type = 1;
    SHOW(msgsnd(id, &b, 8192, IPC_NOWAIT));
    SHOW(msgsnd(id, &b, 8192, IPC_NOWAIT));
    SHOW(msgsnd(id, &b, 1, IPC_NOWAIT));
    SHOW(msgsnd(id, &b, 0, IPC_NOWAIT));
    status("full", id);
    const pid_t child = fork();
    if (child == 0) _exit(send(id, 5, "waited", 0) == 0 ? 0 : errno);
    wait_asleep(child);
    SHOW(msgrcv(id, &b, sizeof b.text, 0, 0));
    int end = 0;
    waitpid(child, &end, 0);
    say("sender: %d\n", end);
    SHOW(msgrcv(id, &b, sizeof b.text, 1, 0));
    receive(id, 5);
    receive(id, 0);

    msqid_ds d;
    msgctl(id, IPC_STAT, &d);
    d.msg_qbytes = 4;
    SHOW(msgctl(id, IPC_SET, &d));
    SHOW(send(id, 1, "12345"));
    SHOW(send(id, 1, "1234"));
    receive(id, 0);
    for (int i = 0; i < 5; i++) SHOW(send(id, 1, ""));
    status("limit", id);
    for (int i = 0; i < 4; i++) receive(id, 0);
    d.msg_qbytes = 16000;
    SHOW(msgctl(id, IPC_SET, &d));
    in_child("more than msgmnb", [&] {
        if (setgid(1000) != 0 || setuid(1000) != 0) return 1;
        int own = msgget(IPC_PRIVATE, 0600);
        msqid_ds mine;
        msgctl(own, IPC_STAT, &mine);
        mine.msg_qbytes = 20000;
        SHOW(msgctl(own, IPC_SET, &mine));
        mine.msg_qbytes = 100;
        SHOW(msgctl(own, IPC_SET, &mine));
        SHOW(msgctl(own, IPC_RMID, nullptr));
        SHOW(msgctl(id, IPC_RMID, nullptr));
        SHOW(msgctl(id, IPC_STAT, &mine));
        SHOW(send(id, 1, "x"));
        receive(id, 0);
        return 0;
    });
}

void waiting(int id) {
    pid_t a = fork();
    if (a == 0) {
        receive(id, 2, 0);
        _exit(0);
    }
    wait_asleep(a);
    SHOW(send(id, 1, "for nobody"));
    const long sent = send(id, 2, "for the child");  // told when the child has told what it got
    waitpid(a, nullptr, 0);
    SHOW(sent);
    status("handed over", id);
    receive(id, 0);
    // Too little room: the one that waits hears of it and the message stays.
    a = fork();
    if (a == 0) {
        receive(id, 0, 0, 3);
        _exit(0);
    }
    wait_asleep(a);
    const long too_long = send(id, 1, "longer");
    waitpid(a, nullptr, 0);
    SHOW(too_long);
    receive(id, 0);
    // Handlers end the wait even with SA_RESTART.
    a = fork();
    if (a == 0) {
        struct sigaction action{};
        action.sa_handler = on_signal;
        action.sa_flags = SA_RESTART;
        sigaction(SIGUSR1, &action, nullptr);
        receive(id, 0, 0);
        _exit(0);
    }
    wait_asleep(a);
    kill(a, SIGSTOP);
    waitpid(a, nullptr, WUNTRACED);
    kill(a, SIGCONT);
    wait_asleep(a);
    kill(a, SIGUSR1);
    waitpid(a, nullptr, 0);
    // Permissions are asked anew when they change.
    a = fork();
    if (a == 0) {
        if (setgid(1000) != 0 || setuid(1000) != 0) _exit(1);
        receive(id, 0, 0);
        _exit(0);
    }
    msqid_ds d;
    msgctl(id, IPC_STAT, &d);
    wait_asleep(a);
    d.msg_perm.mode = 0600;
    const int set = msgctl(id, IPC_SET, &d);
    int end = 0;
    waitpid(a, &end, 0);
    SHOW(set);
    say("ended %d\n", end);
    a = fork();
    if (a == 0) {
        receive(id, 0, 0);
        _exit(0);
    }
    wait_asleep(a);
    const int removed = msgctl(id, IPC_RMID, nullptr);
    waitpid(a, nullptr, 0);
    SHOW(removed);
    SHOW(send(id, 1, "x"));
}

}  // namespace

int main() {
    const key_t key = 0x4c696e70;
    const int old = msgget(key, 0);
    if (old >= 0) msgctl(old, IPC_RMID, nullptr);
    SHOW(msgget(key, 0));
    int id;
    SHOW_OK(id = msgget(key, IPC_CREAT | IPC_EXCL | 0664));
    SHOW(msgget(key, IPC_CREAT | IPC_EXCL));
    SHOW(msgget(key, 0) == id);
    status("new", id);
    selection(id);
    errors(id);
    msginfo info{};
    SHOW(msgctl(0, IPC_INFO, reinterpret_cast<msqid_ds*>(&info)) >= 0);
    say("limits: %d %d %d %d %d %d %d %d\n", info.msgpool, info.msgmap, info.msgmax, info.msgmnb, info.msgmni,
        info.msgssz, info.msgtql, info.msgseg);
    send(id, 1, "counted");
    const int greatest = msgctl(0, MSG_INFO, reinterpret_cast<msqid_ds*>(&info));
    say("usage: %d %d %d\n", info.msgpool >= 1, info.msgmap >= 1, info.msgtql >= 7);
    receive(id, 0);
    bool found = false;
    for (int place = 0; place <= greatest; place++) {
        msqid_ds d;
        found = found || (msgctl(place, MSG_STAT, &d) == id && msgctl(place, MSG_STAT_ANY, &d) == id);
    }
    say("found by place: %d\n", found);
    full(id);
    msqid_ds d;
    msgctl(id, IPC_STAT, &d);
    d.msg_perm.mode = 0666;
    msgctl(id, IPC_SET, &d);
    waiting(id);
    say("%s", read_file("/proc/sysvipc/msg").substr(0, 132).c_str());
    say("%s%s%s", read_file("/proc/sys/kernel/msgmax").c_str(), read_file("/proc/sys/kernel/msgmnb").c_str(),
        read_file("/proc/sys/kernel/msgmni").c_str());
}
