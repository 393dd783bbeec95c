// Network interfaces: struct ifreq, flags, hardware types, packet sockets.
// Facts only: any floor of the kernel, the host tests and user programs may include it; no state, no locks.
// Source: Linux 6.1 include/uapi/linux/{if,if_arp,if_ether,if_packet}.h.
#pragma once

#include "abi/linux/socket.h"
#include "abi/linux/types.h"

namespace abi {

inline constexpr int IFNAMSIZ = 16;

struct ifmap {
    u64 mem_start;
    u64 mem_end;
    u16 base_addr;
    u8 irq;
    u8 dma;
    u8 port;
    u8 pad[3];
};
static_assert(sizeof(ifmap) == 24);

struct ifreq {
    char ifr_name[IFNAMSIZ];
    union {
        sockaddr ifr_addr;
        i16 ifr_flags;
        i32 ifr_ifindex;
        i32 ifr_mtu;
        ifmap ifr_map;
        char ifr_newname[IFNAMSIZ];
        u64 ifr_data;
    };
};
static_assert(sizeof(ifreq) == 40);

struct ifconf {
    i32 ifc_len;
    u32 pad0;
    u64 ifc_req;
};
static_assert(sizeof(ifconf) == 16);

struct sockaddr_ll {
    u16 sll_family;
    u16 sll_protocol;
    i32 sll_ifindex;
    u16 sll_hatype;
    u8 sll_pkttype;
    u8 sll_halen;
    u8 sll_addr[8];
};
static_assert(sizeof(sockaddr_ll) == 20);

// Flags.
inline constexpr int IFF_UP = 0x1;
inline constexpr int IFF_BROADCAST = 0x2;
inline constexpr int IFF_DEBUG = 0x4;
inline constexpr int IFF_LOOPBACK = 0x8;
inline constexpr int IFF_POINTOPOINT = 0x10;
inline constexpr int IFF_NOTRAILERS = 0x20;
inline constexpr int IFF_RUNNING = 0x40;
inline constexpr int IFF_NOARP = 0x80;
inline constexpr int IFF_PROMISC = 0x100;
inline constexpr int IFF_ALLMULTI = 0x200;
inline constexpr int IFF_MASTER = 0x400;
inline constexpr int IFF_SLAVE = 0x800;
inline constexpr int IFF_MULTICAST = 0x1000;
inline constexpr int IFF_PORTSEL = 0x2000;
inline constexpr int IFF_AUTOMEDIA = 0x4000;
inline constexpr int IFF_DYNAMIC = 0x8000;

// Hardware types, Ethernet.
inline constexpr int ARPHRD_ETHER = 1;
inline constexpr int ARPHRD_LOOPBACK = 772;
inline constexpr int ARPHRD_NONE = 0xFFFE;
inline constexpr int ETH_ALEN = 6;
inline constexpr int ETH_HLEN = 14;
inline constexpr int ETH_ZLEN = 60;
inline constexpr int ETH_DATA_LEN = 1500;
inline constexpr int ETH_FRAME_LEN = 1514;
inline constexpr int ETH_P_IP = 0x0800;
inline constexpr int ETH_P_ARP = 0x0806;
inline constexpr int ETH_P_IPV6 = 0x86DD;
inline constexpr int ETH_P_ALL = 0x0003;
inline constexpr int ETH_P_8021Q = 0x8100;

// Packet sockets.
inline constexpr int PACKET_HOST = 0;
inline constexpr int PACKET_BROADCAST = 1;
inline constexpr int PACKET_MULTICAST = 2;
inline constexpr int PACKET_OTHERHOST = 3;
inline constexpr int PACKET_OUTGOING = 4;
inline constexpr int PACKET_LOOPBACK = 5;
inline constexpr int PACKET_USER = 6;
inline constexpr int PACKET_KERNEL = 7;
inline constexpr int PACKET_FASTROUTE = 6;
inline constexpr int PACKET_ADD_MEMBERSHIP = 1;
inline constexpr int PACKET_DROP_MEMBERSHIP = 2;
inline constexpr int PACKET_RECV_OUTPUT = 3;
inline constexpr int PACKET_RX_RING = 5;
inline constexpr int PACKET_STATISTICS = 6;
inline constexpr int PACKET_COPY_THRESH = 7;
inline constexpr int PACKET_AUXDATA = 8;
inline constexpr int PACKET_ORIGDEV = 9;
inline constexpr int PACKET_VERSION = 10;
inline constexpr int PACKET_HDRLEN = 11;
inline constexpr int PACKET_RESERVE = 12;
inline constexpr int PACKET_TX_RING = 13;
inline constexpr int PACKET_LOSS = 14;
inline constexpr int PACKET_VNET_HDR = 15;
inline constexpr int PACKET_TX_TIMESTAMP = 16;
inline constexpr int PACKET_TIMESTAMP = 17;
inline constexpr int PACKET_FANOUT = 18;
inline constexpr int PACKET_TX_HAS_OFF = 19;
inline constexpr int PACKET_QDISC_BYPASS = 20;
inline constexpr int PACKET_ROLLOVER_STATS = 21;
inline constexpr int PACKET_FANOUT_DATA = 22;
inline constexpr int PACKET_IGNORE_OUTGOING = 23;
inline constexpr int PACKET_FANOUT_HASH = 0;
inline constexpr int PACKET_FANOUT_LB = 1;
inline constexpr int PACKET_FANOUT_CPU = 2;
inline constexpr int PACKET_FANOUT_ROLLOVER = 3;
inline constexpr int PACKET_FANOUT_RND = 4;
inline constexpr int PACKET_FANOUT_QM = 5;
inline constexpr int PACKET_FANOUT_CBPF = 6;
inline constexpr int PACKET_FANOUT_EBPF = 7;
inline constexpr int PACKET_FANOUT_FLAG_ROLLOVER = 0x1000;
inline constexpr int PACKET_FANOUT_FLAG_UNIQUEID = 0x2000;
inline constexpr int PACKET_FANOUT_FLAG_DEFRAG = 0x8000;
inline constexpr int PACKET_MR_MULTICAST = 0;
inline constexpr int PACKET_MR_PROMISC = 1;
inline constexpr int PACKET_MR_ALLMULTI = 2;
inline constexpr int PACKET_MR_UNICAST = 3;

}  // namespace abi
