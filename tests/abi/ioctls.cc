// ioctl(2) on files, pipes, devices and terminals: the commands that every file has, FIONREAD, and who
// refuses what.
#include "show.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>

int main() {
    int fd = open("file", O_RDWR | O_CREAT, 0600), folder = open(".", O_RDONLY), null = open("/dev/null", O_RDWR);
    int path = open("file", O_PATH), event = eventfd(0, 0), ends[2], value = 7;
    SHOW(pipe(ends));
    SHOW(write(fd, "0123456789", 10));
    lseek(fd, 4, SEEK_SET);

    SHOW(ioctl(fd, FIOCLEX));
    SHOW(fcntl(fd, F_GETFD));
    SHOW(ioctl(fd, FIONCLEX));
    SHOW(fcntl(fd, F_GETFD));
    value = 1;
    SHOW(ioctl(ends[0], FIONBIO, &value));
    SHOW(fcntl(ends[0], F_GETFL) & O_NONBLOCK);
    char byte;
    SHOW(read(ends[0], &byte, 1));
    value = 0;
    SHOW(ioctl(ends[0], FIONBIO, &value));
    SHOW(fcntl(ends[0], F_GETFL) & O_NONBLOCK);
    SHOW(ioctl(ends[0], FIONBIO, 8));
    SHOW(ioctl(fd, FIONREAD, &value));
    SHOW(value);
    SHOW(ioctl(fd, FIONREAD, 8));
    SHOW(write(ends[1], "abc", 3));
    SHOW(ioctl(ends[0], FIONREAD, &value));
    SHOW(value);
    SHOW(ioctl(folder, FIONREAD, &value));
    SHOW(ioctl(event, FIONREAD, &value));
    SHOW(ioctl(99, FIONREAD, &value));
    SHOW(ioctl(path, FIONREAD, &value));
    loff_t size = 0;
    SHOW(ioctl(fd, FIOQSIZE, &size));
    SHOW(size);
    SHOW(ioctl(null, FIOQSIZE, &size));
    SHOW(ioctl(fd, FIGETBSZ, &value));
    SHOW(value);
    SHOW(ioctl(ends[0], 0x12345678, 0));
    SHOW(ioctl(fd, 0x12345678, 0));
    SHOW(ioctl(fd, BLKGETSIZE64, &size));
    termios attributes;
    winsize window;
    for (int file : {fd, folder, null, ends[0], event, path}) {
        SHOW(ioctl(file, TCGETS, &attributes));
        SHOW(ioctl(file, TIOCGWINSZ, &window));
    }

    say("terminal\n");
    int master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
    SHOW(master >= 0);
    SHOW(unlockpt(master));
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    SHOW(slave >= 0);
    SHOW(ioctl(slave, TCGETS, &attributes));
    say("%x %x %x %x\n", attributes.c_iflag, attributes.c_oflag, attributes.c_cflag, attributes.c_lflag);
    SHOW(ioctl(slave, TCGETS, 8));
    window = {24, 80, 1, 2};
    SHOW(ioctl(master, TIOCSWINSZ, &window));
    window = {};
    SHOW(ioctl(slave, TIOCGWINSZ, &window));
    say("%d %d %d %d\n", window.ws_row, window.ws_col, window.ws_xpixel, window.ws_ypixel);
    SHOW(write(master, "line\n", 5));
    pollfd arrives = {slave, POLLIN, 0};
    SHOW(poll(&arrives, 1, -1));
    SHOW(ioctl(slave, FIONREAD, &value));
    SHOW(value);
    SHOW(ioctl(slave, TIOCGPGRP, &value));
    SHOW(ioctl(slave, TIOCSPGRP, &value));
    SHOW(ioctl(slave, TIOCNOTTY));
    SHOW(ioctl(slave, TCFLSH, 9));
    SHOW(ioctl(slave, TCFLSH, TCIOFLUSH));
    SHOW(ioctl(slave, FIONREAD, &value));
    SHOW(value);
    SHOW(ioctl(slave, 0x5499, 0));
    return 0;
}
