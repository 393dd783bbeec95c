// Sockets: families, types, options, messages.
// Facts only: any floor of the kernel, the host tests and user programs may include it; no state, no locks.
// Source: Linux 6.1 include/linux/socket.h, include/uapi/asm-generic/socket.h, linux/{socket,net}.h.
#pragma once

#include "abi/linux/types.h"

namespace abi {

// Families.
inline constexpr int AF_UNSPEC = 0;
inline constexpr int AF_LOCAL = 1;
inline constexpr int AF_UNIX = 1;
inline constexpr int AF_FILE = 1;
inline constexpr int AF_INET = 2;
inline constexpr int AF_AX25 = 3;
inline constexpr int AF_IPX = 4;
inline constexpr int AF_APPLETALK = 5;
inline constexpr int AF_NETROM = 6;
inline constexpr int AF_BRIDGE = 7;
inline constexpr int AF_ATMPVC = 8;
inline constexpr int AF_X25 = 9;
inline constexpr int AF_INET6 = 10;
inline constexpr int AF_ROSE = 11;
inline constexpr int AF_NETBEUI = 13;
inline constexpr int AF_SECURITY = 14;
inline constexpr int AF_KEY = 15;
inline constexpr int AF_NETLINK = 16;
inline constexpr int AF_ROUTE = 16;
inline constexpr int AF_PACKET = 17;
inline constexpr int AF_ASH = 18;
inline constexpr int AF_ECONET = 19;
inline constexpr int AF_ATMSVC = 20;
inline constexpr int AF_RDS = 21;
inline constexpr int AF_SNA = 22;
inline constexpr int AF_IRDA = 23;
inline constexpr int AF_PPPOX = 24;
inline constexpr int AF_WANPIPE = 25;
inline constexpr int AF_LLC = 26;
inline constexpr int AF_IB = 27;
inline constexpr int AF_MPLS = 28;
inline constexpr int AF_CAN = 29;
inline constexpr int AF_TIPC = 30;
inline constexpr int AF_BLUETOOTH = 31;
inline constexpr int AF_IUCV = 32;
inline constexpr int AF_RXRPC = 33;
inline constexpr int AF_ISDN = 34;
inline constexpr int AF_PHONET = 35;
inline constexpr int AF_IEEE802154 = 36;
inline constexpr int AF_CAIF = 37;
inline constexpr int AF_ALG = 38;
inline constexpr int AF_NFC = 39;
inline constexpr int AF_VSOCK = 40;
inline constexpr int AF_KCM = 41;
inline constexpr int AF_QIPCRTR = 42;
inline constexpr int AF_SMC = 43;
inline constexpr int AF_XDP = 44;
inline constexpr int AF_MCTP = 45;
inline constexpr int AF_MAX = 46;

inline constexpr int SOCK_STREAM = 1;
inline constexpr int SOCK_DGRAM = 2;
inline constexpr int SOCK_RAW = 3;
inline constexpr int SOCK_RDM = 4;
inline constexpr int SOCK_SEQPACKET = 5;
inline constexpr int SOCK_PACKET = 10;
inline constexpr int SOCK_TYPE_MASK = 0xf;
inline constexpr int SOCK_NONBLOCK = 04000;
inline constexpr int SOCK_CLOEXEC = 02000000;

// Levels.
inline constexpr int SOL_RAW = 255;
inline constexpr int SOL_DECNET = 261;
inline constexpr int SOL_X25 = 262;
inline constexpr int SOL_PACKET = 263;
inline constexpr int SOL_ATM = 264;
inline constexpr int SOL_AAL = 265;
inline constexpr int SOL_IRDA = 266;
inline constexpr int SOL_NETBEUI = 267;
inline constexpr int SOL_LLC = 268;
inline constexpr int SOL_DCCP = 269;
inline constexpr int SOL_NETLINK = 270;
inline constexpr int SOL_TIPC = 271;
inline constexpr int SOL_RXRPC = 272;
inline constexpr int SOL_PPPOL2TP = 273;
inline constexpr int SOL_BLUETOOTH = 274;
inline constexpr int SOL_PNPIPE = 275;
inline constexpr int SOL_RDS = 276;
inline constexpr int SOL_IUCV = 277;
inline constexpr int SOL_CAIF = 278;
inline constexpr int SOL_ALG = 279;
inline constexpr int SOL_NFC = 280;
inline constexpr int SOL_KCM = 281;
inline constexpr int SOL_TLS = 282;
inline constexpr int SOL_XDP = 283;
inline constexpr int SOL_MPTCP = 284;
inline constexpr int SOL_MCTP = 285;
inline constexpr int SOL_SMC = 286;
inline constexpr int SOL_SOCKET = 1;

inline constexpr int SOL_IP = 0;
inline constexpr int SOL_TCP = 6;
inline constexpr int SOL_UDP = 17;
inline constexpr int SOL_IPV6 = 41;
inline constexpr int SOL_ICMPV6 = 58;

// SOL_SOCKET options.
inline constexpr int SO_DEBUG = 1;
inline constexpr int SO_REUSEADDR = 2;
inline constexpr int SO_TYPE = 3;
inline constexpr int SO_ERROR = 4;
inline constexpr int SO_DONTROUTE = 5;
inline constexpr int SO_BROADCAST = 6;
inline constexpr int SO_SNDBUF = 7;
inline constexpr int SO_RCVBUF = 8;
inline constexpr int SO_SNDBUFFORCE = 32;
inline constexpr int SO_RCVBUFFORCE = 33;
inline constexpr int SO_KEEPALIVE = 9;
inline constexpr int SO_OOBINLINE = 10;
inline constexpr int SO_NO_CHECK = 11;
inline constexpr int SO_PRIORITY = 12;
inline constexpr int SO_LINGER = 13;
inline constexpr int SO_BSDCOMPAT = 14;
inline constexpr int SO_REUSEPORT = 15;
inline constexpr int SO_PASSCRED = 16;
inline constexpr int SO_PEERCRED = 17;
inline constexpr int SO_RCVLOWAT = 18;
inline constexpr int SO_SNDLOWAT = 19;
inline constexpr int SO_RCVTIMEO_OLD = 20;
inline constexpr int SO_SNDTIMEO_OLD = 21;
inline constexpr int SO_SECURITY_AUTHENTICATION = 22;
inline constexpr int SO_SECURITY_ENCRYPTION_TRANSPORT = 23;
inline constexpr int SO_SECURITY_ENCRYPTION_NETWORK = 24;
inline constexpr int SO_BINDTODEVICE = 25;
inline constexpr int SO_ATTACH_FILTER = 26;
inline constexpr int SO_DETACH_FILTER = 27;
inline constexpr int SO_GET_FILTER = 26;
inline constexpr int SO_PEERNAME = 28;
inline constexpr int SO_ACCEPTCONN = 30;
inline constexpr int SO_PEERSEC = 31;
inline constexpr int SO_PASSSEC = 34;
inline constexpr int SO_MARK = 36;
inline constexpr int SO_PROTOCOL = 38;
inline constexpr int SO_DOMAIN = 39;
inline constexpr int SO_RXQ_OVFL = 40;
inline constexpr int SO_WIFI_STATUS = 41;
inline constexpr int SO_PEEK_OFF = 42;
inline constexpr int SO_NOFCS = 43;
inline constexpr int SO_LOCK_FILTER = 44;
inline constexpr int SO_SELECT_ERR_QUEUE = 45;
inline constexpr int SO_BUSY_POLL = 46;
inline constexpr int SO_MAX_PACING_RATE = 47;
inline constexpr int SO_BPF_EXTENSIONS = 48;
inline constexpr int SO_INCOMING_CPU = 49;
inline constexpr int SO_ATTACH_BPF = 50;
inline constexpr int SO_DETACH_BPF = 27;
inline constexpr int SO_ATTACH_REUSEPORT_CBPF = 51;
inline constexpr int SO_ATTACH_REUSEPORT_EBPF = 52;
inline constexpr int SO_CNX_ADVICE = 53;
inline constexpr int SO_MEMINFO = 55;
inline constexpr int SO_INCOMING_NAPI_ID = 56;
inline constexpr int SO_COOKIE = 57;
inline constexpr int SO_PEERGROUPS = 59;
inline constexpr int SO_ZEROCOPY = 60;
inline constexpr int SO_TXTIME = 61;
inline constexpr int SO_BINDTOIFINDEX = 62;
inline constexpr int SO_TIMESTAMP_OLD = 29;
inline constexpr int SO_TIMESTAMPNS_OLD = 35;
inline constexpr int SO_TIMESTAMPING_OLD = 37;
inline constexpr int SO_TIMESTAMP_NEW = 63;
inline constexpr int SO_TIMESTAMPNS_NEW = 64;
inline constexpr int SO_TIMESTAMPING_NEW = 65;
inline constexpr int SO_RCVTIMEO_NEW = 66;
inline constexpr int SO_SNDTIMEO_NEW = 67;
inline constexpr int SO_DETACH_REUSEPORT_BPF = 68;
inline constexpr int SO_PREFER_BUSY_POLL = 69;
inline constexpr int SO_BUSY_POLL_BUDGET = 70;
inline constexpr int SO_NETNS_COOKIE = 71;
inline constexpr int SO_BUF_LOCK = 72;
inline constexpr int SO_RESERVE_MEM = 73;
inline constexpr int SO_TXREHASH = 74;
inline constexpr int SO_RCVMARK = 75;
inline constexpr int SO_TIMESTAMP = 29;
inline constexpr int SO_TIMESTAMPNS = 35;
inline constexpr int SO_TIMESTAMPING = 37;
inline constexpr int SO_RCVTIMEO = 20;
inline constexpr int SO_SNDTIMEO = 21;
inline constexpr int SCM_TIMESTAMPING_OPT_STATS = 54;
inline constexpr int SCM_TIMESTAMPING_PKTINFO = 58;
inline constexpr int SCM_TIMESTAMP = 29;
inline constexpr int SCM_TIMESTAMPNS = 35;
inline constexpr int SCM_TIMESTAMPING = 37;

// Messages.
inline constexpr int MSG_OOB = 0x1;
inline constexpr int MSG_PEEK = 0x2;
inline constexpr int MSG_DONTROUTE = 0x4;
inline constexpr int MSG_TRYHARD = 0x4;
inline constexpr int MSG_CTRUNC = 0x8;
inline constexpr int MSG_PROXY = 0x10;
inline constexpr int MSG_TRUNC = 0x20;
inline constexpr int MSG_DONTWAIT = 0x40;
inline constexpr int MSG_EOR = 0x80;
inline constexpr int MSG_WAITALL = 0x100;
inline constexpr int MSG_FIN = 0x200;
inline constexpr int MSG_SYN = 0x400;
inline constexpr int MSG_CONFIRM = 0x800;
inline constexpr int MSG_RST = 0x1000;
inline constexpr int MSG_ERRQUEUE = 0x2000;
inline constexpr int MSG_NOSIGNAL = 0x4000;
inline constexpr int MSG_MORE = 0x8000;
inline constexpr int MSG_WAITFORONE = 0x10000;
inline constexpr int MSG_BATCH = 0x40000;
inline constexpr int MSG_ZEROCOPY = 0x4000000;
inline constexpr int MSG_FASTOPEN = 0x20000000;
inline constexpr int MSG_CMSG_CLOEXEC = 0x40000000;
inline constexpr int SCM_RIGHTS = 0x1;
inline constexpr int SCM_CREDENTIALS = 0x2;

inline constexpr int SHUT_RD = 0;
inline constexpr int SHUT_WR = 1;
inline constexpr int SHUT_RDWR = 2;
inline constexpr int SOMAXCONN = 4096;
inline constexpr int UIO_MAXIOV = 1024;

struct sockaddr {
    u16 sa_family;
    u8 sa_data[14];
};
static_assert(sizeof(sockaddr) == 16);

struct sockaddr_storage {
    u16 ss_family;
    u8 data[126];
};
static_assert(sizeof(sockaddr_storage) == 128);

struct msghdr {
    u64 msg_name;
    i32 msg_namelen;
    u32 pad0;
    u64 msg_iov;
    u64 msg_iovlen;
    u64 msg_control;
    u64 msg_controllen;
    u32 msg_flags;
    u32 pad1;
};
static_assert(sizeof(msghdr) == 56);

struct mmsghdr {
    msghdr msg_hdr;
    u32 msg_len;
    u32 pad0;
};
static_assert(sizeof(mmsghdr) == 64);

struct cmsghdr {  // followed by the data; the next one starts at a multiple of 8
    u64 cmsg_len;
    i32 cmsg_level;
    i32 cmsg_type;
};
static_assert(sizeof(cmsghdr) == 16);

struct ucred {
    i32 pid;
    u32 uid;
    u32 gid;
};

struct linger {
    i32 l_onoff;
    i32 l_linger;
};

}  // namespace abi
