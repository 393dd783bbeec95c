// Internet addresses and the options of IP, IPv6, TCP, UDP.
// Facts only: any floor of the kernel, the host tests and user programs may include it; no state, no locks.
// Source: Linux 6.1 include/uapi/linux/{in,in6,tcp,udp,icmp}.h.
#pragma once

#include "abi/linux/types.h"

namespace abi {

// Protocols.
inline constexpr int IPPROTO_IP = 0;
inline constexpr int IPPROTO_ICMP = 1;
inline constexpr int IPPROTO_IGMP = 2;
inline constexpr int IPPROTO_IPIP = 4;
inline constexpr int IPPROTO_TCP = 6;
inline constexpr int IPPROTO_EGP = 8;
inline constexpr int IPPROTO_PUP = 12;
inline constexpr int IPPROTO_UDP = 17;
inline constexpr int IPPROTO_IDP = 22;
inline constexpr int IPPROTO_TP = 29;
inline constexpr int IPPROTO_DCCP = 33;
inline constexpr int IPPROTO_RSVP = 46;
inline constexpr int IPPROTO_GRE = 47;
inline constexpr int IPPROTO_ESP = 50;
inline constexpr int IPPROTO_AH = 51;
inline constexpr int IPPROTO_MTP = 92;
inline constexpr int IPPROTO_BEETPH = 94;
inline constexpr int IPPROTO_ENCAP = 98;
inline constexpr int IPPROTO_PIM = 103;
inline constexpr int IPPROTO_COMP = 108;
inline constexpr int IPPROTO_SCTP = 132;
inline constexpr int IPPROTO_UDPLITE = 136;
inline constexpr int IPPROTO_MPLS = 137;
inline constexpr int IPPROTO_ETHERNET = 143;
inline constexpr int IPPROTO_RAW = 255;
inline constexpr int IPPROTO_MPTCP = 262;

// IPv6 protocols and extension headers.
inline constexpr int IPPROTO_HOPOPTS = 0;
inline constexpr int IPPROTO_ROUTING = 43;
inline constexpr int IPPROTO_FRAGMENT = 44;
inline constexpr int IPPROTO_ICMPV6 = 58;
inline constexpr int IPPROTO_NONE = 59;
inline constexpr int IPPROTO_DSTOPTS = 60;
inline constexpr int IPPROTO_MH = 135;

// IP options.
inline constexpr int IP_TOS = 1;
inline constexpr int IP_TTL = 2;
inline constexpr int IP_HDRINCL = 3;
inline constexpr int IP_OPTIONS = 4;
inline constexpr int IP_ROUTER_ALERT = 5;
inline constexpr int IP_RECVOPTS = 6;
inline constexpr int IP_RETOPTS = 7;
inline constexpr int IP_PKTINFO = 8;
inline constexpr int IP_PKTOPTIONS = 9;
inline constexpr int IP_MTU_DISCOVER = 10;
inline constexpr int IP_RECVERR = 11;
inline constexpr int IP_RECVTTL = 12;
inline constexpr int IP_RECVTOS = 13;
inline constexpr int IP_MTU = 14;
inline constexpr int IP_FREEBIND = 15;
inline constexpr int IP_IPSEC_POLICY = 16;
inline constexpr int IP_XFRM_POLICY = 17;
inline constexpr int IP_PASSSEC = 18;
inline constexpr int IP_TRANSPARENT = 19;
inline constexpr int IP_RECVRETOPTS = 7;
inline constexpr int IP_ORIGDSTADDR = 20;
inline constexpr int IP_RECVORIGDSTADDR = 20;
inline constexpr int IP_MINTTL = 21;
inline constexpr int IP_NODEFRAG = 22;
inline constexpr int IP_CHECKSUM = 23;
inline constexpr int IP_BIND_ADDRESS_NO_PORT = 24;
inline constexpr int IP_RECVFRAGSIZE = 25;
inline constexpr int IP_PMTUDISC_DONT = 0;
inline constexpr int IP_PMTUDISC_WANT = 1;
inline constexpr int IP_PMTUDISC_DO = 2;
inline constexpr int IP_PMTUDISC_PROBE = 3;
inline constexpr int IP_PMTUDISC_INTERFACE = 4;
inline constexpr int IP_PMTUDISC_OMIT = 5;
inline constexpr int IP_MULTICAST_IF = 32;
inline constexpr int IP_MULTICAST_TTL = 33;
inline constexpr int IP_MULTICAST_LOOP = 34;
inline constexpr int IP_ADD_MEMBERSHIP = 35;
inline constexpr int IP_DROP_MEMBERSHIP = 36;
inline constexpr int IP_UNBLOCK_SOURCE = 37;
inline constexpr int IP_BLOCK_SOURCE = 38;
inline constexpr int IP_ADD_SOURCE_MEMBERSHIP = 39;
inline constexpr int IP_DROP_SOURCE_MEMBERSHIP = 40;
inline constexpr int IP_MSFILTER = 41;
inline constexpr int IP_MULTICAST_ALL = 49;
inline constexpr int IP_UNICAST_IF = 50;
inline constexpr int IP_LOCAL_PORT_RANGE = 51;
inline constexpr int IP_PROTOCOL = 52;
inline constexpr int IP_DEFAULT_MULTICAST_TTL = 1;
inline constexpr int IP_DEFAULT_MULTICAST_LOOP = 1;
inline constexpr int MCAST_JOIN_GROUP = 42;
inline constexpr int MCAST_BLOCK_SOURCE = 43;
inline constexpr int MCAST_UNBLOCK_SOURCE = 44;
inline constexpr int MCAST_LEAVE_GROUP = 45;
inline constexpr int MCAST_JOIN_SOURCE_GROUP = 46;
inline constexpr int MCAST_LEAVE_SOURCE_GROUP = 47;
inline constexpr int MCAST_MSFILTER = 48;
inline constexpr int MCAST_EXCLUDE = 0;
inline constexpr int MCAST_INCLUDE = 1;

// IPv6 options.
inline constexpr int IPV6_ADDRFORM = 1;
inline constexpr int IPV6_2292PKTINFO = 2;
inline constexpr int IPV6_2292HOPOPTS = 3;
inline constexpr int IPV6_2292DSTOPTS = 4;
inline constexpr int IPV6_2292RTHDR = 5;
inline constexpr int IPV6_2292PKTOPTIONS = 6;
inline constexpr int IPV6_CHECKSUM = 7;
inline constexpr int IPV6_2292HOPLIMIT = 8;
inline constexpr int IPV6_NEXTHOP = 9;
inline constexpr int IPV6_AUTHHDR = 10;
inline constexpr int IPV6_UNICAST_HOPS = 16;
inline constexpr int IPV6_MULTICAST_IF = 17;
inline constexpr int IPV6_MULTICAST_HOPS = 18;
inline constexpr int IPV6_MULTICAST_LOOP = 19;
inline constexpr int IPV6_ADD_MEMBERSHIP = 20;
inline constexpr int IPV6_DROP_MEMBERSHIP = 21;
inline constexpr int IPV6_ROUTER_ALERT = 22;
inline constexpr int IPV6_MTU_DISCOVER = 23;
inline constexpr int IPV6_MTU = 24;
inline constexpr int IPV6_RECVERR = 25;
inline constexpr int IPV6_V6ONLY = 26;
inline constexpr int IPV6_JOIN_ANYCAST = 27;
inline constexpr int IPV6_LEAVE_ANYCAST = 28;
inline constexpr int IPV6_MULTICAST_ALL = 29;
inline constexpr int IPV6_ROUTER_ALERT_ISOLATE = 30;
inline constexpr int IPV6_RECVERR_RFC4884 = 31;
inline constexpr int IPV6_PMTUDISC_DONT = 0;
inline constexpr int IPV6_PMTUDISC_WANT = 1;
inline constexpr int IPV6_PMTUDISC_DO = 2;
inline constexpr int IPV6_PMTUDISC_PROBE = 3;
inline constexpr int IPV6_PMTUDISC_INTERFACE = 4;
inline constexpr int IPV6_PMTUDISC_OMIT = 5;
inline constexpr int IPV6_IPSEC_POLICY = 34;
inline constexpr int IPV6_XFRM_POLICY = 35;
inline constexpr int IPV6_HDRINCL = 36;
inline constexpr int IPV6_RECVPKTINFO = 49;
inline constexpr int IPV6_PKTINFO = 50;
inline constexpr int IPV6_RECVHOPLIMIT = 51;
inline constexpr int IPV6_HOPLIMIT = 52;
inline constexpr int IPV6_RECVHOPOPTS = 53;
inline constexpr int IPV6_HOPOPTS = 54;
inline constexpr int IPV6_RTHDRDSTOPTS = 55;
inline constexpr int IPV6_RECVRTHDR = 56;
inline constexpr int IPV6_RTHDR = 57;
inline constexpr int IPV6_RECVDSTOPTS = 58;
inline constexpr int IPV6_DSTOPTS = 59;
inline constexpr int IPV6_RECVPATHMTU = 60;
inline constexpr int IPV6_PATHMTU = 61;
inline constexpr int IPV6_DONTFRAG = 62;
inline constexpr int IPV6_RECVTCLASS = 66;
inline constexpr int IPV6_TCLASS = 67;
inline constexpr int IPV6_AUTOFLOWLABEL = 70;
inline constexpr int IPV6_ADDR_PREFERENCES = 72;
inline constexpr int IPV6_PREFER_SRC_TMP = 0x0001;
inline constexpr int IPV6_PREFER_SRC_PUBLIC = 0x0002;
inline constexpr int IPV6_PREFER_SRC_PUBTMP_DEFAULT = 0x0100;
inline constexpr int IPV6_PREFER_SRC_COA = 0x0004;
inline constexpr int IPV6_PREFER_SRC_HOME = 0x0400;
inline constexpr int IPV6_PREFER_SRC_CGA = 0x0008;
inline constexpr int IPV6_PREFER_SRC_NONCGA = 0x0800;
inline constexpr int IPV6_MINHOPCOUNT = 73;
inline constexpr int IPV6_ORIGDSTADDR = 74;
inline constexpr int IPV6_RECVORIGDSTADDR = 74;
inline constexpr int IPV6_TRANSPARENT = 75;
inline constexpr int IPV6_UNICAST_IF = 76;
inline constexpr int IPV6_RECVFRAGSIZE = 77;
inline constexpr int IPV6_FREEBIND = 78;

// TCP options.
inline constexpr int TCP_MSS_DEFAULT = 536;
inline constexpr int TCP_MSS_DESIRED = 1220;
inline constexpr int TCP_NODELAY = 1;
inline constexpr int TCP_MAXSEG = 2;
inline constexpr int TCP_CORK = 3;
inline constexpr int TCP_KEEPIDLE = 4;
inline constexpr int TCP_KEEPINTVL = 5;
inline constexpr int TCP_KEEPCNT = 6;
inline constexpr int TCP_SYNCNT = 7;
inline constexpr int TCP_LINGER2 = 8;
inline constexpr int TCP_DEFER_ACCEPT = 9;
inline constexpr int TCP_WINDOW_CLAMP = 10;
inline constexpr int TCP_INFO = 11;
inline constexpr int TCP_QUICKACK = 12;
inline constexpr int TCP_CONGESTION = 13;
inline constexpr int TCP_MD5SIG = 14;
inline constexpr int TCP_THIN_LINEAR_TIMEOUTS = 16;
inline constexpr int TCP_THIN_DUPACK = 17;
inline constexpr int TCP_USER_TIMEOUT = 18;
inline constexpr int TCP_REPAIR = 19;
inline constexpr int TCP_REPAIR_QUEUE = 20;
inline constexpr int TCP_QUEUE_SEQ = 21;
inline constexpr int TCP_REPAIR_OPTIONS = 22;
inline constexpr int TCP_FASTOPEN = 23;
inline constexpr int TCP_TIMESTAMP = 24;
inline constexpr int TCP_NOTSENT_LOWAT = 25;
inline constexpr int TCP_CC_INFO = 26;
inline constexpr int TCP_SAVE_SYN = 27;
inline constexpr int TCP_SAVED_SYN = 28;
inline constexpr int TCP_REPAIR_WINDOW = 29;
inline constexpr int TCP_FASTOPEN_CONNECT = 30;
inline constexpr int TCP_ULP = 31;
inline constexpr int TCP_MD5SIG_EXT = 32;
inline constexpr int TCP_FASTOPEN_KEY = 33;
inline constexpr int TCP_FASTOPEN_NO_COOKIE = 34;
inline constexpr int TCP_ZEROCOPY_RECEIVE = 35;
inline constexpr int TCP_INQ = 36;
inline constexpr int TCP_CM_INQ = 36;
inline constexpr int TCP_TX_DELAY = 37;
inline constexpr int TCP_REPAIR_ON = 1;
inline constexpr int TCP_REPAIR_OFF = 0;
inline constexpr int TCP_REPAIR_OFF_NO_WP = -1;
inline constexpr int TCP_MD5SIG_MAXKEYLEN = 80;
inline constexpr int TCP_MD5SIG_FLAG_PREFIX = 0x1;
inline constexpr int TCP_MD5SIG_FLAG_IFINDEX = 0x2;
inline constexpr int TCP_RECEIVE_ZEROCOPY_FLAG_TLB_CLEAN_HINT = 0x1;

// UDP options.
inline constexpr int UDP_CORK = 1;
inline constexpr int UDP_ENCAP = 100;
inline constexpr int UDP_NO_CHECK6_TX = 101;
inline constexpr int UDP_NO_CHECK6_RX = 102;
inline constexpr int UDP_SEGMENT = 103;
inline constexpr int UDP_GRO = 104;
inline constexpr int UDP_ENCAP_ESPINUDP_NON_IKE = 1;
inline constexpr int UDP_ENCAP_ESPINUDP = 2;
inline constexpr int UDP_ENCAP_L2TPINUDP = 3;
inline constexpr int UDP_ENCAP_GTP0 = 4;
inline constexpr int UDP_ENCAP_GTP1U = 5;
inline constexpr int UDP_ENCAP_RXRPC = 6;

inline constexpr u32 INADDR_ANY = 0;
inline constexpr u32 INADDR_LOOPBACK = 0x7f000001;
inline constexpr u32 INADDR_BROADCAST = 0xffffffff;

struct in_addr {
    u32 s_addr;  // network order
};

struct sockaddr_in {
    u16 sin_family;
    u16 sin_port;  // network order
    in_addr sin_addr;
    u8 sin_zero[8];
};
static_assert(sizeof(sockaddr_in) == 16);

struct in6_addr {
    u8 s6_addr[16];
};

struct sockaddr_in6 {
    u16 sin6_family;
    u16 sin6_port;
    u32 sin6_flowinfo;
    in6_addr sin6_addr;
    u32 sin6_scope_id;
};
static_assert(sizeof(sockaddr_in6) == 28);

struct ip_mreqn {
    in_addr imr_multiaddr;
    in_addr imr_address;
    i32 imr_ifindex;
};

struct in_pktinfo {
    i32 ipi_ifindex;
    in_addr ipi_spec_dst;
    in_addr ipi_addr;
};

struct ipv6_mreq {
    in6_addr ipv6mr_multiaddr;
    i32 ipv6mr_ifindex;
};

struct tcp_info {
    u8 tcpi_state;
    u8 tcpi_ca_state;
    u8 tcpi_retransmits;
    u8 tcpi_probes;
    u8 tcpi_backoff;
    u8 tcpi_options;
    u8 tcpi_wscale;  // low nibble: send, high: receive
    u8 tcpi_flags;
    u32 tcpi_rto;
    u32 tcpi_ato;
    u32 tcpi_snd_mss;
    u32 tcpi_rcv_mss;
    u32 tcpi_unacked;
    u32 tcpi_sacked;
    u32 tcpi_lost;
    u32 tcpi_retrans;
    u32 tcpi_fackets;
    u32 tcpi_last_data_sent;
    u32 tcpi_last_ack_sent;
    u32 tcpi_last_data_recv;
    u32 tcpi_last_ack_recv;
    u32 tcpi_pmtu;
    u32 tcpi_rcv_ssthresh;
    u32 tcpi_rtt;
    u32 tcpi_rttvar;
    u32 tcpi_snd_ssthresh;
    u32 tcpi_snd_cwnd;
    u32 tcpi_advmss;
    u32 tcpi_reordering;
    u32 tcpi_rcv_rtt;
    u32 tcpi_rcv_space;
    u32 tcpi_total_retrans;
    u64 tcpi_pacing_rate;
    u64 tcpi_max_pacing_rate;
    u64 tcpi_bytes_acked;
    u64 tcpi_bytes_received;
    u32 tcpi_segs_out;
    u32 tcpi_segs_in;
    u32 tcpi_notsent_bytes;
    u32 tcpi_min_rtt;
    u32 tcpi_data_segs_in;
    u32 tcpi_data_segs_out;
    u64 tcpi_delivery_rate;
    u64 tcpi_busy_time;
    u64 tcpi_rwnd_limited;
    u64 tcpi_sndbuf_limited;
    u32 tcpi_delivered;
    u32 tcpi_delivered_ce;
    u64 tcpi_bytes_sent;
    u64 tcpi_bytes_retrans;
    u32 tcpi_dsack_dups;
    u32 tcpi_reord_seen;
    u32 tcpi_rcv_ooopack;
    u32 tcpi_snd_wnd;
};
static_assert(sizeof(tcp_info) == 232);

}  // namespace abi
