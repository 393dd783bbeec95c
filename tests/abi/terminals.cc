// ioctl_tty(2): locked settings, soft carrier, exclusive use, what lines without a modem refuse.
#include "show.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>

static int slave;

static void settings() {
    termios t;
    SHOW(tcgetattr(slave, &t));
    say("%x %x %x %x %d %d\n", t.c_iflag, t.c_oflag, t.c_cflag, t.c_lflag, t.c_cc[VINTR], t.c_cc[VEOF]);
}

static void locks() {
    termios locked, t;
    memset(&locked, 0xff, sizeof locked);
    SHOW(ioctl(slave, TIOCGLCKTRMIOS, &locked));
    say("%x %x %x %x %d\n", locked.c_iflag, locked.c_oflag, locked.c_cflag, locked.c_lflag, locked.c_cc[VINTR]);
    locked.c_lflag = ECHO;
    locked.c_iflag = ~0u;
    locked.c_cc[VINTR] = 1;
    SHOW(ioctl(slave, TIOCSLCKTRMIOS, &locked));
    SHOW(ioctl(slave, TIOCGLCKTRMIOS, &t));
    say("%x %x %d\n", t.c_iflag, t.c_lflag, t.c_cc[VINTR]);
    SHOW(tcgetattr(slave, &t));
    t.c_lflag = ~t.c_lflag & (ECHO | ICANON | ISIG);
    t.c_iflag = 0;
    t.c_cc[VINTR] = 9;
    t.c_cc[VEOF] = 10;
    SHOW(tcsetattr(slave, TCSANOW, &t));
    settings();
    locked = {};
    SHOW(ioctl(slave, TIOCSLCKTRMIOS, &locked));
    SHOW(tcsetattr(slave, TCSAFLUSH, &t));
    settings();
    SHOW(ioctl(slave, TIOCGLCKTRMIOS, 8));
    SHOW(ioctl(slave, TIOCSLCKTRMIOS, 8));
    if (fork() == 0) {
        SHOW(setuid(1000));
        SHOW(ioctl(slave, TIOCGLCKTRMIOS, &locked));
        SHOW(ioctl(slave, TIOCSLCKTRMIOS, &locked));
        SHOW(ioctl(slave, TIOCSLCKTRMIOS, 8));
        _exit(0);
    }
    wait(nullptr);
}

int main() {
    int master = open("/dev/ptmx", O_RDWR | O_NOCTTY), value = 7;
    SHOW(unlockpt(master));
    slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    settings();
    locks();

    SHOW(ioctl(slave, TIOCGSOFTCAR, &value));
    SHOW(value);
    value = 5;
    SHOW(ioctl(slave, TIOCSSOFTCAR, &value));
    SHOW(ioctl(slave, TIOCGSOFTCAR, &value));
    SHOW(value);
    settings();
    value = 0;
    SHOW(ioctl(slave, TIOCSSOFTCAR, &value));
    SHOW(ioctl(slave, TIOCSSOFTCAR, 8));
    SHOW(ioctl(slave, TIOCGSOFTCAR, 8));
    settings();

    int bits = 0;
    SHOW(ioctl(slave, TIOCMGET, &bits));
    SHOW(ioctl(slave, TIOCMSET, &bits));
    SHOW(ioctl(slave, TIOCMIWAIT, 0));
    SHOW(ioctl(slave, TIOCGICOUNT, &bits));
    SHOW(ioctl(slave, TIOCGSERIAL, &bits));

    SHOW(ioctl(slave, TIOCGEXCL, &value));
    SHOW(value);
    SHOW(ioctl(slave, TIOCEXCL));
    SHOW(ioctl(slave, TIOCGEXCL, &value));
    SHOW(value);
    SHOW_OK(open(ptsname(master), O_RDWR | O_NOCTTY));
    SHOW(ioctl(slave, TIOCNXCL));
    return 0;
}
