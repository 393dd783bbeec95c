// Messages over AF_UNIX sockets: datagrams, packets, sendmsg and recvmsg, descriptors and credentials that go along.
#include "show.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <cstddef>
#include <vector>

namespace {

sockaddr_un name_of(const char* path) {
    sockaddr_un a{};
    a.sun_family = AF_UNIX;
    strcpy(a.sun_path, path);
    return a;
}
const sockaddr* raw(const sockaddr_un& a) { return reinterpret_cast<const sockaddr*>(&a); }

struct Message {
    char text[64] = {};
    iovec piece = {text, sizeof text};
    alignas(8) char control[512] = {};
    msghdr header{};
    Message() {
        header.msg_iov = &piece;
        header.msg_iovlen = 1;
        header.msg_control = control;
        header.msg_controllen = sizeof control;
    }
    template <typename T>
    void carry(int type, const std::vector<T>& data) {
        header.msg_controllen = CMSG_SPACE(data.size() * sizeof(T));
        cmsghdr* c = CMSG_FIRSTHDR(&header);
        *c = {};
        c->cmsg_len = CMSG_LEN(data.size() * sizeof(T));
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = type;
        memcpy(CMSG_DATA(c), data.data(), data.size() * sizeof(T));
    }
    void say_text(const char* t) {
        strcpy(text, t);
        piece.iov_len = strlen(t);
    }
    // What arrived; the descriptors too.
    std::vector<int> shown(const char* what, ssize_t n) {
        std::vector<int> fds;
        if (n < 0) {
            say("%s: %s\n", what, strerrorname_np(errno));
            return fds;
        }
        say("%s: %zd '%.*s' flags %x control %zu\n", what, n, static_cast<int>(n < 64 ? n : 64), text, header.msg_flags,
            static_cast<size_t>(header.msg_controllen));
        for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
            say("  item %d length %zu\n", c->cmsg_type, static_cast<size_t>(c->cmsg_len));
            if (c->cmsg_type == SCM_RIGHTS) {
                for (size_t i = 0; i < (c->cmsg_len - CMSG_LEN(0)) / sizeof(int); i++) {
                    int fd;
                    memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
                    fds.push_back(fd);
                }
            } else if (c->cmsg_type == SCM_CREDENTIALS && c->cmsg_len >= CMSG_LEN(sizeof(ucred))) {
                ucred u;
                memcpy(&u, CMSG_DATA(c), sizeof u);
                say("  from %s uid %d gid %d\n",
                    u.pid == getpid() ? "me"
                    : u.pid == 0      ? "nobody"
                                      : "another",
                    static_cast<int>(u.uid), static_cast<int>(u.gid));
            }
        }
        return fds;
    }
};

void datagrams() {
    int a = socket(AF_UNIX, SOCK_DGRAM, 0), b = socket(AF_UNIX, SOCK_DGRAM, 0), c = socket(AF_UNIX, SOCK_DGRAM, 0);
    const sockaddr_un at_a = name_of("a"), at_b = name_of("b");
    char buffer[100];
    SHOW(bind(a, raw(at_a), sizeof at_a));
    SHOW(send(b, "x", 1, 0));
    SHOW(sendto(b, "x", 1, 0, raw(at_b), sizeof at_b));
    SHOW(sendto(b, "hello", 5, 0, raw(at_a), sizeof at_a));
    sockaddr_un from{};
    socklen_t length = sizeof from;
    SHOW(recvfrom(a, buffer, 3, MSG_PEEK, reinterpret_cast<sockaddr*>(&from), &length));
    say("from length %u\n", length);
    SHOW(recv(a, buffer, 3, MSG_PEEK | MSG_TRUNC));
    SHOW(recv(a, buffer, 3, 0));
    SHOW(recv(a, buffer, 3, MSG_DONTWAIT));
    SHOW(bind(b, raw(at_b), sizeof at_b));
    SHOW(sendto(b, "", 0, 0, raw(at_a), sizeof at_a));
    length = sizeof from;
    SHOW(recvfrom(a, buffer, 9, 0, reinterpret_cast<sockaddr*>(&from), &length));
    say("from length %u %s\n", length, from.sun_path);
    SHOW(connect(b, raw(at_a), sizeof at_a));
    SHOW(send(b, "one", 3, 0));
    SHOW(send(b, "three", 5, 0));
    int pending = 0;
    SHOW(ioctl(a, FIONREAD, &pending));
    say("pending %d\n", pending);
    SHOW(read(a, buffer, 100));
    SHOW(read(a, buffer, 2));
    // Only whom it is connected to may send to a connected socket.
    SHOW(connect(a, raw(at_b), sizeof at_b));
    SHOW(sendto(c, "x", 1, 0, raw(at_a), sizeof at_a));
    SHOW(connect(c, raw(at_a), sizeof at_a));
    sockaddr none{};
    none.sa_family = AF_UNSPEC;
    SHOW(connect(a, &none, sizeof none));
    SHOW(sendto(c, "x", 1, 0, raw(at_a), sizeof at_a));
    // A stranger's queue is full after eleven.
    int sent = 0;
    while (sendto(c, "y", 1, MSG_DONTWAIT, raw(at_a), sizeof at_a) == 1) sent++;
    say("sent %d: %s\n", sent, strerrorname_np(errno));
    SHOW(connect(c, raw(at_a), sizeof at_a));
    pollfd p = {c, POLLOUT, 0};
    SHOW(poll(&p, 1, 0));
    SHOW(read(a, buffer, 100));
    SHOW(poll(&p, 1, 1000));
    SHOW(close(a));
    SHOW(send(b, "x", 1, 0));
    SHOW(send(b, "x", 1, 0));
    std::vector<char> big(300000);
    int pair[2];
    SHOW(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
    SHOW(send(pair[0], big.data(), big.size(), 0));
    SHOW(send(pair[0], big.data(), 100000, 0));
    SHOW(recv(pair[1], big.data(), big.size(), 0));
    sent = 0;
    while (send(pair[0], "z", 1, MSG_DONTWAIT) == 1) sent++;
    say("small ones: %d\n", sent);
    for (int fd : {b, c, pair[0], pair[1]}) close(fd);
    SHOW(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair));
    SHOW(send(pair[0], "packet", 6, 0));
    SHOW(send(pair[0], "next", 4, MSG_EOR));
    SHOW(recv(pair[1], buffer, 3, 0));
    SHOW(recv(pair[1], buffer, 100, 0));
    SHOW(send(pair[0], "last", 4, 0));
    SHOW(close(pair[0]));
    SHOW(recv(pair[1], buffer, 100, 0));
    SHOW(recv(pair[1], buffer, 100, 0));
    close(pair[1]);
}

void descriptors() {
    for (int type : {SOCK_STREAM, SOCK_DGRAM}) {
        int pair[2], ends[2];
        SHOW(socketpair(AF_UNIX, type, 0, pair));
        SHOW(pipe(ends));
        Message out;
        out.say_text("two");
        out.carry(SCM_RIGHTS, std::vector<int>{ends[0], ends[1]});
        SHOW(write(pair[0], "bare", 4));
        SHOW(sendmsg(pair[0], &out.header, 0));
        SHOW(write(pair[0], "after", 5));
        close(ends[0]);
        close(ends[1]);
        Message peeked;
        for (int fd : peeked.shown("peek", recvmsg(pair[1], &peeked.header, MSG_PEEK))) SHOW(close(fd));
        Message in;
        std::vector<int> fds = in.shown("first", recvmsg(pair[1], &in.header, MSG_CMSG_CLOEXEC));
        Message next;
        for (int fd : next.shown("second", recvmsg(pair[1], &next.header, 0))) fds.push_back(fd);
        if (fds.size() == 2) {
            char c = 0;
            SHOW(write(fds[1], "k", 1));
            SHOW(read(fds[0], &c, 1));
            SHOW(fcntl(fds[0], F_GETFD));
            close(fds[0]);
            close(fds[1]);
        }
        Message last;
        last.shown("third", recvmsg(pair[1], &last.header, MSG_DONTWAIT));
        // Room for one of three; none at all.
        out.carry(SCM_RIGHTS, std::vector<int>{0, 1, 2});
        SHOW(sendmsg(pair[0], &out.header, 0));
        Message small;
        small.header.msg_controllen = CMSG_LEN(sizeof(int));
        for (int fd : small.shown("one of three", recvmsg(pair[1], &small.header, 0))) close(fd);
        SHOW(sendmsg(pair[0], &out.header, 0));
        small.header.msg_control = nullptr;
        small.header.msg_controllen = 0;
        small.shown("no room", recvmsg(pair[1], &small.header, 0));
        out.carry(SCM_RIGHTS, std::vector<int>{0, 999});
        SHOW(sendmsg(pair[0], &out.header, 0));
        out.carry(SCM_RIGHTS, std::vector<int>(254, 0));
        out.header.msg_control = nullptr;
        out.header.msg_controllen = 0;
        SHOW(sendmsg(pair[0], &out.header, 0));
        Message bad;
        bad.say_text("bad");
        bad.carry(77, std::vector<int>{0});
        SHOW(sendmsg(pair[0], &bad.header, 0));
        reinterpret_cast<cmsghdr*>(bad.control)->cmsg_len = 4;
        SHOW(sendmsg(pair[0], &bad.header, 0));
        SHOW(sendmsg(pair[0], reinterpret_cast<msghdr*>(8), 0));
        SHOW(recvmsg(pair[0], reinterpret_cast<msghdr*>(8), 0));
        close(pair[0]);
        close(pair[1]);
    }
}

void credentials() {
    for (int type : {SOCK_STREAM, SOCK_DGRAM}) {
        int pair[2], on = 1;
        SHOW(socketpair(AF_UNIX, type, 0, pair));
        SHOW(write(pair[0], "before", 6));
        SHOW(setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof on));
        SHOW(write(pair[0], "implied", 7));
        Message out;
        out.say_text("given");
        out.carry(SCM_CREDENTIALS, std::vector<ucred>{{getpid(), getuid(), getgid()}});
        SHOW(sendmsg(pair[0], &out.header, 0));
        for (int i = 0; i < 3; i++) {
            Message in;
            in.shown("got", recvmsg(pair[1], &in.header, MSG_DONTWAIT));
        }
        out.carry(SCM_CREDENTIALS, std::vector<int>{1});
        SHOW(sendmsg(pair[0], &out.header, 0));
        in_child("another's", [&] {
            if (setresuid(1000, 1000, 1000) != 0) return 9;
            out.carry(SCM_CREDENTIALS, std::vector<ucred>{{getpid(), 0, getgid()}});
            SHOW(sendmsg(pair[0], &out.header, 0));
            out.carry(SCM_CREDENTIALS, std::vector<ucred>{{1, 1000, getgid()}});
            SHOW(sendmsg(pair[0], &out.header, 0));
            return 0;
        });
        close(pair[0]);
        close(pair[1]);
    }
}

// Descriptors of sockets in their own queues: nobody can reach them, and they must go. A pipe's end tells.
void loops() {
    int ends[2];
    SHOW(pipe2(ends, O_NONBLOCK));
    int pair[2];
    SHOW(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
    Message out;
    out.say_text("loop");
    out.carry(SCM_RIGHTS, std::vector<int>{pair[0], pair[1], ends[1]});
    SHOW(sendmsg(pair[0], &out.header, 0));
    close(pair[0]);
    close(pair[1]);
    close(ends[1]);
    // The next socket that is closed lets Linux look.
    close(socket(AF_UNIX, SOCK_DGRAM, 0));
    pollfd p = {ends[0], POLLIN, 0};
    SHOW(poll(&p, 1, 2000));
    say("revents %x\n", p.revents);
    close(ends[0]);

    // A long chain: each holds the one before.
    SHOW(pipe2(ends, O_NONBLOCK));
    int held = ends[1];
    for (int i = 0; i < 3; i++) {
        socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
        out.carry(SCM_RIGHTS, std::vector<int>{held});
        if (sendmsg(pair[0], &out.header, 0) < 0) say("chain %d: %s\n", i, strerrorname_np(errno));
        close(held);
        close(pair[0]);
        held = pair[1];
    }
    close(held);
    p = {ends[0], POLLIN, 0};
    SHOW(poll(&p, 1, 2000));
    say("revents %x\n", p.revents);
    close(ends[0]);
}

void many() {
    int pair[2];
    SHOW(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
    char text[3][8] = {"a", "bb", "ccc"};
    iovec pieces[3];
    mmsghdr messages[3] = {};
    for (size_t i = 0; i < 3; i++) {
        pieces[i] = {text[i], i + 1};
        messages[i].msg_hdr.msg_iov = &pieces[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    SHOW(sendmmsg(pair[0], messages, 3, 0));
    say("%u %u %u\n", messages[0].msg_len, messages[1].msg_len, messages[2].msg_len);
    for (iovec& piece : pieces) piece.iov_len = sizeof text[0];
    SHOW(recvmmsg(pair[1], messages, 2, 0, nullptr));
    say("%u %u\n", messages[0].msg_len, messages[1].msg_len);
    SHOW(recvmmsg(pair[1], messages, 3, MSG_WAITFORONE, nullptr));
    SHOW(recvmmsg(pair[1], messages, 3, MSG_DONTWAIT, nullptr));
    timespec limit = {0, 2000000000};
    SHOW(recvmmsg(pair[1], messages, 3, MSG_DONTWAIT, &limit));
    SHOW(sendmmsg(pair[0], messages, 0, 0));
    SHOW(sendmmsg(0, messages, 1, 0));
    messages[0].msg_hdr.msg_iovlen = 5000;
    SHOW(sendmmsg(pair[0], messages, 1, 0));
    close(pair[0]);
    close(pair[1]);
}

}  // namespace

int main() {
    datagrams();
    descriptors();
    credentials();
    loops();
    many();
    return 0;
}
