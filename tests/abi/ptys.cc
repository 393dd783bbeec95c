// Pseudo-terminals: packet mode, in which the master hears what the slave does (TIOCPKT, ioctl_tty(2)).
#include "show.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <csignal>

static int master, slave;

static void show_read(const char* when, size_t size = 100) {
    char bytes[100] = {};
    pollfd p = {master, POLLIN, 0};
    poll(&p, 1, 100);  // what was written arrives a moment later
    errno = 0;
    const ssize_t n = read(master, bytes, size);
    if (n < 0) {
        say("%s: %s\n", when, strerrorname_np(errno));
        return;
    }
    say("%s: %zd: %02x '%s'\n", when, n, static_cast<unsigned char>(bytes[0]), n > 1 ? bytes + 1 : "");
}

static void show_poll(const char* when) {
    pollfd p = {master, POLLIN | POLLPRI, 0};
    const int n = poll(&p, 1, 100);
    say("%s: poll %d %x\n", when, n, p.revents);
}

static void change(unsigned on, unsigned off, unsigned local = 0) {
    termios t;
    tcgetattr(slave, &t);
    t.c_iflag = (t.c_iflag | on) & ~off;
    t.c_lflag |= local;
    SHOW(tcsetattr(slave, TCSANOW, &t));
}

// Whose session a slave has can be asked of the master, by whoever has that (tmux does).
static void ask_master() {
    int value = -1;
    SHOW(ioctl(master, TIOCGPGRP, &value));
    SHOW(value);
    SHOW(ioctl(master, TIOCGSID, &value));
    int told[2], go[2];
    if (pipe(told) != 0 || pipe(go) != 0) return;
    const pid_t child = fork();
    if (child == 0) {
        setsid();
        ioctl(slave, TIOCSCTTY, 0);
        char byte = 1;
        if (write(told[1], &byte, 1) != 1 || read(go[0], &byte, 1) != 1) _exit(1);
        _exit(0);
    }
    char byte = 0;
    if (read(told[0], &byte, 1) != 1) return;
    SHOW(ioctl(master, TIOCGPGRP, &value));
    say("%d\n", value == child);
    SHOW(ioctl(master, TIOCGSID, &value));
    say("%d\n", value == child);
    SHOW(ioctl(slave, TIOCGPGRP, &value));
    SHOW(tcsetpgrp(master, child));
    if (write(go[1], &byte, 1) != 1) return;
    waitpid(child, nullptr, 0);
}

int main() {
    signal(SIGTTOU, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    SHOW_OK(master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK));
    SHOW(unlockpt(master));
    SHOW_OK(slave = open(ptsname(master), O_RDWR | O_NOCTTY));
    ask_master();
    int value = -1;
    SHOW(ioctl(master, TIOCGPKT, &value));
    SHOW(value);
    SHOW(ioctl(slave, TIOCGPKT, &value));
    SHOW(ioctl(slave, TIOCPKT, &value));
    SHOW(ioctl(master, TIOCPKT, nullptr));
    SHOW(ioctl(master, TIOCGPKT, nullptr));
    value = 5;
    SHOW(ioctl(master, TIOCPKT, &value));
    SHOW(ioctl(master, TIOCGPKT, &value));
    SHOW(value);

    show_read("nothing");
    show_poll("nothing");
    SHOW(write(slave, "written", 7));
    show_poll("data");
    show_read("a part", 3);
    show_read("one byte", 1);
    show_read("the rest");

    SHOW(tcflush(slave, TCIFLUSH));
    show_poll("flushed");
    show_read("input flushed");
    show_poll("read");
    SHOW(tcflush(slave, TCOFLUSH));
    show_read("output flushed");
    SHOW(tcflush(slave, TCIOFLUSH));
    SHOW(write(slave, "after", 5));
    show_read("both, then data");
    show_read("the data");
    termios t;
    tcgetattr(slave, &t);
    SHOW(tcsetattr(slave, TCSAFLUSH, &t));
    show_read("set and flushed");

    change(0, IXON);
    show_read("no flow control");
    change(0, IXON);
    show_read("again");
    change(IXON, 0);
    show_read("flow control");
    tcgetattr(slave, &t);
    t.c_cc[VSTOP] = 'x';
    SHOW(tcsetattr(slave, TCSANOW, &t));
    show_read("another stop");
    t.c_cc[VSTOP] = 023;
    SHOW(tcsetattr(slave, TCSANOW, &t));
    show_read("the usual stop");
    change(0, 0, EXTPROC);
    show_read("external processing");
    change(0, 0);
    show_read("still");
    t.c_lflag &= ~EXTPROC;
    SHOW(tcsetattr(slave, TCSANOW, &t));
    show_read("not any more");
    SHOW(tcsetattr(slave, TCSANOW, &t));
    show_read("nothing new");

    SHOW(tcflow(slave, TCOOFF));
    show_read("held up");
    SHOW(tcflow(slave, TCOOFF));
    show_read("held up twice");
    SHOW(tcflow(slave, TCOON));
    show_read("goes on");
    SHOW(tcflow(slave, TCOOFF));
    SHOW(tcflow(slave, TCOON));
    show_read("held up and goes on");

    // Typed at the master.
    t.c_lflag &= ~(ECHO | ICANON);
    SHOW(tcsetattr(slave, TCSANOW, &t));
    SHOW(write(master, "\023", 1));
    show_read("^S");
    SHOW(write(master, "\021", 1));
    show_read("^Q");
    SHOW(write(master, "\003", 1));
    show_read("^C");

    value = 0;
    SHOW(tcflush(slave, TCIFLUSH));
    SHOW(ioctl(master, TIOCPKT, &value));
    show_read("without packets");
    SHOW(write(slave, "bare", 4));
    show_read("bare");
    value = 1;
    SHOW(ioctl(master, TIOCPKT, &value));
    show_read("what was before is forgotten");
    SHOW(close(slave));
    show_poll("closed");
    show_read("closed");
    return 0;
}
