// Terminals: termios, winsize, requests, modes.
// Facts only: any floor of the kernel, the host tests and user programs may include it; no state, no locks.
// Source: Linux 6.1 include/uapi/asm-generic/{termbits,termbits-common,ioctls,termios}.h.
#pragma once

#include "abi/linux/types.h"

namespace abi {

inline constexpr int NCCS = 19;  // of the kernel; the C library's struct has more

struct termios {  // TCGETS, TCSETS*
    u32 c_iflag;
    u32 c_oflag;
    u32 c_cflag;
    u32 c_lflag;
    u8 c_line;
    u8 c_cc[NCCS];
};
static_assert(sizeof(termios) == 36);

struct termios2 {  // TCGETS2, TCSETS*2; also the kernel's ktermios
    u32 c_iflag;
    u32 c_oflag;
    u32 c_cflag;
    u32 c_lflag;
    u8 c_line;
    u8 c_cc[NCCS];
    u32 c_ispeed;
    u32 c_ospeed;
};
static_assert(sizeof(termios2) == 44);

struct termio {  // TCGETA, TCSETA*
    u16 c_iflag;
    u16 c_oflag;
    u16 c_cflag;
    u16 c_lflag;
    u8 c_line;
    u8 c_cc[8];
    u8 pad0;
};
static_assert(sizeof(termio) == 18);

struct winsize {
    u16 ws_row;
    u16 ws_col;
    u16 ws_xpixel;
    u16 ws_ypixel;
};
static_assert(sizeof(winsize) == 8);

// Requests.
inline constexpr int TCOOFF = 0;
inline constexpr int TCOON = 1;
inline constexpr int TCIOFF = 2;
inline constexpr int TCION = 3;
inline constexpr int TCIFLUSH = 0;
inline constexpr int TCOFLUSH = 1;
inline constexpr int TCIOFLUSH = 2;
inline constexpr int TCSANOW = 0;
inline constexpr int TCSADRAIN = 1;
inline constexpr int TCSAFLUSH = 2;
inline constexpr int TCGETS = 0x5401;
inline constexpr int TCSETS = 0x5402;
inline constexpr int TCSETSW = 0x5403;
inline constexpr int TCSETSF = 0x5404;
inline constexpr int TCGETA = 0x5405;
inline constexpr int TCSETA = 0x5406;
inline constexpr int TCSETAW = 0x5407;
inline constexpr int TCSETAF = 0x5408;
inline constexpr int TCSBRK = 0x5409;
inline constexpr int TCXONC = 0x540A;
inline constexpr int TCFLSH = 0x540B;
inline constexpr int TCSBRKP = 0x5425;
inline constexpr u32 TCGETS2 = 0x802c542a;
inline constexpr int TCSETS2 = 0x402c542b;
inline constexpr int TCSETSW2 = 0x402c542c;
inline constexpr int TCSETSF2 = 0x402c542d;
inline constexpr int TCGETX = 0x5432;
inline constexpr int TCSETX = 0x5433;
inline constexpr int TCSETXF = 0x5434;
inline constexpr int TCSETXW = 0x5435;
inline constexpr int TIOCEXCL = 0x540C;
inline constexpr int TIOCNXCL = 0x540D;
inline constexpr int TIOCSCTTY = 0x540E;
inline constexpr int TIOCGPGRP = 0x540F;
inline constexpr int TIOCSPGRP = 0x5410;
inline constexpr int TIOCOUTQ = 0x5411;
inline constexpr int TIOCSTI = 0x5412;
inline constexpr int TIOCGWINSZ = 0x5413;
inline constexpr int TIOCSWINSZ = 0x5414;
inline constexpr int TIOCMGET = 0x5415;
inline constexpr int TIOCMBIS = 0x5416;
inline constexpr int TIOCMBIC = 0x5417;
inline constexpr int TIOCMSET = 0x5418;
inline constexpr int TIOCGSOFTCAR = 0x5419;
inline constexpr int TIOCSSOFTCAR = 0x541A;
inline constexpr int TIOCINQ = 0x541b;
inline constexpr int TIOCLINUX = 0x541C;
inline constexpr int TIOCCONS = 0x541D;
inline constexpr int TIOCGSERIAL = 0x541E;
inline constexpr int TIOCSSERIAL = 0x541F;
inline constexpr int TIOCPKT = 0x5420;
inline constexpr int TIOCNOTTY = 0x5422;
inline constexpr int TIOCSETD = 0x5423;
inline constexpr int TIOCGETD = 0x5424;
inline constexpr int TIOCSBRK = 0x5427;
inline constexpr int TIOCCBRK = 0x5428;
inline constexpr int TIOCGSID = 0x5429;
inline constexpr int TIOCGRS485 = 0x542E;
inline constexpr int TIOCSRS485 = 0x542F;
inline constexpr u32 TIOCGPTN = 0x80045430;
inline constexpr int TIOCSPTLCK = 0x40045431;
inline constexpr u32 TIOCGDEV = 0x80045432;
inline constexpr int TIOCSIG = 0x40045436;
inline constexpr int TIOCVHANGUP = 0x5437;
inline constexpr u32 TIOCGPKT = 0x80045438;
inline constexpr u32 TIOCGPTLCK = 0x80045439;
inline constexpr u32 TIOCGEXCL = 0x80045440;
inline constexpr int TIOCGPTPEER = 0x5441;
inline constexpr int TIOCSERCONFIG = 0x5453;
inline constexpr int TIOCSERGWILD = 0x5454;
inline constexpr int TIOCSERSWILD = 0x5455;
inline constexpr int TIOCGLCKTRMIOS = 0x5456;
inline constexpr int TIOCSLCKTRMIOS = 0x5457;
inline constexpr int TIOCSERGSTRUCT = 0x5458;
inline constexpr int TIOCSERGETLSR = 0x5459;
inline constexpr int TIOCSERGETMULTI = 0x545A;
inline constexpr int TIOCSERSETMULTI = 0x545B;
inline constexpr int TIOCMIWAIT = 0x545C;
inline constexpr int TIOCGICOUNT = 0x545D;

// Packet mode, modem lines.
inline constexpr int TIOCPKT_DATA = 0;
inline constexpr int TIOCPKT_FLUSHREAD = 1;
inline constexpr int TIOCPKT_FLUSHWRITE = 2;
inline constexpr int TIOCPKT_STOP = 4;
inline constexpr int TIOCPKT_START = 8;
inline constexpr int TIOCPKT_NOSTOP = 16;
inline constexpr int TIOCPKT_DOSTOP = 32;
inline constexpr int TIOCPKT_IOCTL = 64;
inline constexpr int TIOCSER_TEMT = 0x01;
inline constexpr int TIOCM_LE = 0x001;
inline constexpr int TIOCM_DTR = 0x002;
inline constexpr int TIOCM_RTS = 0x004;
inline constexpr int TIOCM_ST = 0x008;
inline constexpr int TIOCM_SR = 0x010;
inline constexpr int TIOCM_CTS = 0x020;
inline constexpr int TIOCM_CAR = 0x040;
inline constexpr int TIOCM_RNG = 0x080;
inline constexpr int TIOCM_DSR = 0x100;
inline constexpr int TIOCM_CD = 0x40;
inline constexpr int TIOCM_RI = 0x80;
inline constexpr int TIOCM_OUT1 = 0x2000;
inline constexpr int TIOCM_OUT2 = 0x4000;
inline constexpr int TIOCM_LOOP = 0x8000;

// Indices of c_cc.
inline constexpr int VINTR = 0;
inline constexpr int VQUIT = 1;
inline constexpr int VERASE = 2;
inline constexpr int VKILL = 3;
inline constexpr int VEOF = 4;
inline constexpr int VTIME = 5;
inline constexpr int VMIN = 6;
inline constexpr int VSWTC = 7;
inline constexpr int VSTART = 8;
inline constexpr int VSTOP = 9;
inline constexpr int VSUSP = 10;
inline constexpr int VEOL = 11;
inline constexpr int VREPRINT = 12;
inline constexpr int VDISCARD = 13;
inline constexpr int VWERASE = 14;
inline constexpr int VLNEXT = 15;
inline constexpr int VEOL2 = 16;
inline constexpr int VTDLY = 0x04000;
inline constexpr int VT0 = 0x00000;
inline constexpr int VT1 = 0x04000;

// c_iflag.
inline constexpr int IGNBRK = 0x001;
inline constexpr int BRKINT = 0x002;
inline constexpr int IGNPAR = 0x004;
inline constexpr int PARMRK = 0x008;
inline constexpr int INPCK = 0x010;
inline constexpr int ISTRIP = 0x020;
inline constexpr int INLCR = 0x040;
inline constexpr int IGNCR = 0x080;
inline constexpr int ICRNL = 0x100;
inline constexpr int IUCLC = 0x0200;
inline constexpr int IXON = 0x0400;
inline constexpr int IXANY = 0x800;
inline constexpr int IXOFF = 0x1000;
inline constexpr int IMAXBEL = 0x2000;
inline constexpr int IUTF8 = 0x4000;

// c_oflag.
inline constexpr int OPOST = 0x01;
inline constexpr int OLCUC = 0x00002;
inline constexpr int ONLCR = 0x00004;
inline constexpr int OCRNL = 0x08;
inline constexpr int ONOCR = 0x10;
inline constexpr int ONLRET = 0x20;
inline constexpr int OFILL = 0x40;
inline constexpr int OFDEL = 0x80;
inline constexpr int NLDLY = 0x00100;
inline constexpr int NL0 = 0x00000;
inline constexpr int NL1 = 0x00100;
inline constexpr int CRDLY = 0x00600;
inline constexpr int CR0 = 0x00000;
inline constexpr int CR1 = 0x00200;
inline constexpr int CR2 = 0x00400;
inline constexpr int CR3 = 0x00600;
inline constexpr int TABDLY = 0x01800;
inline constexpr int TAB0 = 0x00000;
inline constexpr int TAB1 = 0x00800;
inline constexpr int TAB2 = 0x01000;
inline constexpr int TAB3 = 0x01800;
inline constexpr int XTABS = 0x01800;
inline constexpr int BSDLY = 0x02000;
inline constexpr int BS0 = 0x00000;
inline constexpr int BS1 = 0x02000;
inline constexpr int FFDLY = 0x08000;
inline constexpr int FF0 = 0x00000;
inline constexpr int FF1 = 0x08000;

// c_cflag.
inline constexpr int CBAUD = 0x0000100f;
inline constexpr int B0 = 0x00000000;
inline constexpr int B50 = 0x00000001;
inline constexpr int B75 = 0x00000002;
inline constexpr int B110 = 0x00000003;
inline constexpr int B134 = 0x00000004;
inline constexpr int B150 = 0x00000005;
inline constexpr int B200 = 0x00000006;
inline constexpr int B300 = 0x00000007;
inline constexpr int B600 = 0x00000008;
inline constexpr int B1200 = 0x00000009;
inline constexpr int B1800 = 0x0000000a;
inline constexpr int B2400 = 0x0000000b;
inline constexpr int B4800 = 0x0000000c;
inline constexpr int B9600 = 0x0000000d;
inline constexpr int B19200 = 0x0000000e;
inline constexpr int B38400 = 0x0000000f;
inline constexpr int B57600 = 0x00001001;
inline constexpr int B115200 = 0x00001002;
inline constexpr int B230400 = 0x00001003;
inline constexpr int B460800 = 0x00001004;
inline constexpr int B500000 = 0x00001005;
inline constexpr int B576000 = 0x00001006;
inline constexpr int B921600 = 0x00001007;
inline constexpr int B1000000 = 0x00001008;
inline constexpr int B1152000 = 0x00001009;
inline constexpr int B1500000 = 0x0000100a;
inline constexpr int B2000000 = 0x0000100b;
inline constexpr int B2500000 = 0x0000100c;
inline constexpr int B3000000 = 0x0000100d;
inline constexpr int B3500000 = 0x0000100e;
inline constexpr int B4000000 = 0x0000100f;
inline constexpr int BOTHER = 0x00001000;
inline constexpr int CSIZE = 0x00000030;
inline constexpr int CS5 = 0x00000000;
inline constexpr int CS6 = 0x00000010;
inline constexpr int CS7 = 0x00000020;
inline constexpr int CS8 = 0x00000030;
inline constexpr int CSTOPB = 0x00000040;
inline constexpr int CREAD = 0x00000080;
inline constexpr int PARENB = 0x00000100;
inline constexpr int PARODD = 0x00000200;
inline constexpr int HUPCL = 0x00000400;
inline constexpr int CLOCAL = 0x00000800;
inline constexpr int CBAUDEX = 0x00001000;
inline constexpr int CIBAUD = 0x100f0000;
inline constexpr int CMSPAR = 0x40000000;
inline constexpr u32 CRTSCTS = 0x80000000;
inline constexpr int IBSHIFT = 16;
inline constexpr int ADDRB = 0x20000000;
inline constexpr int EXTA = 0xe;
inline constexpr int EXTB = 0xf;

// c_lflag.
inline constexpr int ISIG = 0x00001;
inline constexpr int ICANON = 0x00002;
inline constexpr int XCASE = 0x00004;
inline constexpr int ECHO = 0x00008;
inline constexpr int ECHOE = 0x00010;
inline constexpr int ECHOK = 0x00020;
inline constexpr int ECHONL = 0x00040;
inline constexpr int NOFLSH = 0x00080;
inline constexpr int TOSTOP = 0x00100;
inline constexpr int ECHOCTL = 0x00200;
inline constexpr int ECHOPRT = 0x00400;
inline constexpr int ECHOKE = 0x00800;
inline constexpr int FLUSHO = 0x01000;
inline constexpr int PENDIN = 0x04000;
inline constexpr int IEXTEN = 0x08000;
inline constexpr int EXTPROC = 0x10000;

// TCFLSH, TCXONC and line disciplines.
inline constexpr int N_TTY = 0;
inline constexpr int NR_LDISCS = 31;

// Virtual terminals and keyboards.
inline constexpr int VT_OPENQRY = 0x5600;
inline constexpr int VT_GETMODE = 0x5601;
inline constexpr int VT_SETMODE = 0x5602;
inline constexpr int VT_AUTO = 0x00;
inline constexpr int VT_PROCESS = 0x01;
inline constexpr int VT_ACKACQ = 0x02;
inline constexpr int VT_GETSTATE = 0x5603;
inline constexpr int VT_RELDISP = 0x5605;
inline constexpr int VT_ACTIVATE = 0x5606;
inline constexpr int VT_WAITACTIVE = 0x5607;
inline constexpr int VT_DISALLOCATE = 0x5608;
inline constexpr int KDGKBTYPE = 0x4B33;
inline constexpr int KB_101 = 0x02;
inline constexpr int KDGETMODE = 0x4B3B;
inline constexpr int KDSETMODE = 0x4B3A;
inline constexpr int KD_TEXT = 0x00;
inline constexpr int KD_GRAPHICS = 0x01;
inline constexpr int KDGKBMODE = 0x4B44;
inline constexpr int KDSKBMODE = 0x4B45;
inline constexpr int K_RAW = 0x00;
inline constexpr int K_XLATE = 0x01;
inline constexpr int K_MEDIUMRAW = 0x02;
inline constexpr int K_UNICODE = 0x03;
inline constexpr int K_OFF = 0x04;
inline constexpr int KDGETLED = 0x4B31;
inline constexpr int KDSETLED = 0x4B32;
inline constexpr int KIOCSOUND = 0x4B2F;
inline constexpr int KDMKTONE = 0x4B30;

}  // namespace abi
