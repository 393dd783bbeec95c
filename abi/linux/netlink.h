// Netlink and route netlink: messages, attributes, families.
// Facts only: any floor of the kernel, the host tests and user programs may include it; no state, no locks.
// Source: Linux 6.1 include/uapi/linux/{netlink,rtnetlink,if_link,if_addr,neighbour}.h.
#pragma once

#include "abi/linux/socket.h"
#include "abi/linux/types.h"

namespace abi {

struct sockaddr_nl {
    u16 nl_family;
    u16 nl_pad;
    u32 nl_pid;
    u32 nl_groups;
};
static_assert(sizeof(sockaddr_nl) == 12);

struct nlmsghdr {
    u32 nlmsg_len;
    u16 nlmsg_type;
    u16 nlmsg_flags;
    u32 nlmsg_seq;
    u32 nlmsg_pid;
};
static_assert(sizeof(nlmsghdr) == 16);

struct nlmsgerr {
    i32 error;
    nlmsghdr msg;
};

struct nlattr {
    u16 nla_len;
    u16 nla_type;
};

struct rtattr {
    u16 rta_len;
    u16 rta_type;
};

struct rtgenmsg {
    u8 rtgen_family;
};

struct ifinfomsg {
    u8 ifi_family;
    u8 pad0;
    u16 ifi_type;
    i32 ifi_index;
    u32 ifi_flags;
    u32 ifi_change;
};
static_assert(sizeof(ifinfomsg) == 16);

struct ifaddrmsg {
    u8 ifa_family;
    u8 ifa_prefixlen;
    u8 ifa_flags;
    u8 ifa_scope;
    u32 ifa_index;
};
static_assert(sizeof(ifaddrmsg) == 8);

struct rtmsg {
    u8 rtm_family;
    u8 rtm_dst_len;
    u8 rtm_src_len;
    u8 rtm_tos;
    u8 rtm_table;
    u8 rtm_protocol;
    u8 rtm_scope;
    u8 rtm_type;
    u32 rtm_flags;
};
static_assert(sizeof(rtmsg) == 12);

struct ndmsg {
    u8 ndm_family;
    u8 pad0;
    u16 pad1;
    i32 ndm_ifindex;
    u16 ndm_state;
    u8 ndm_flags;
    u8 ndm_type;
};
static_assert(sizeof(ndmsg) == 12);

// Protocols, message flags and types.
inline constexpr int NETLINK_ROUTE = 0;
inline constexpr int NETLINK_UNUSED = 1;
inline constexpr int NETLINK_USERSOCK = 2;
inline constexpr int NETLINK_FIREWALL = 3;
inline constexpr int NETLINK_SOCK_DIAG = 4;
inline constexpr int NETLINK_NFLOG = 5;
inline constexpr int NETLINK_XFRM = 6;
inline constexpr int NETLINK_SELINUX = 7;
inline constexpr int NETLINK_ISCSI = 8;
inline constexpr int NETLINK_AUDIT = 9;
inline constexpr int NETLINK_FIB_LOOKUP = 10;
inline constexpr int NETLINK_CONNECTOR = 11;
inline constexpr int NETLINK_NETFILTER = 12;
inline constexpr int NETLINK_IP6_FW = 13;
inline constexpr int NETLINK_DNRTMSG = 14;
inline constexpr int NETLINK_KOBJECT_UEVENT = 15;
inline constexpr int NETLINK_GENERIC = 16;
inline constexpr int NETLINK_SCSITRANSPORT = 18;
inline constexpr int NETLINK_ECRYPTFS = 19;
inline constexpr int NETLINK_RDMA = 20;
inline constexpr int NETLINK_CRYPTO = 21;
inline constexpr int NETLINK_SMC = 22;
inline constexpr int NETLINK_INET_DIAG = 4;
inline constexpr int NETLINK_ADD_MEMBERSHIP = 1;
inline constexpr int NETLINK_DROP_MEMBERSHIP = 2;
inline constexpr int NETLINK_PKTINFO = 3;
inline constexpr int NETLINK_BROADCAST_ERROR = 4;
inline constexpr int NETLINK_NO_ENOBUFS = 5;
inline constexpr int NETLINK_RX_RING = 6;
inline constexpr int NETLINK_TX_RING = 7;
inline constexpr int NETLINK_LISTEN_ALL_NSID = 8;
inline constexpr int NETLINK_LIST_MEMBERSHIPS = 9;
inline constexpr int NETLINK_CAP_ACK = 10;
inline constexpr int NETLINK_EXT_ACK = 11;
inline constexpr int NETLINK_GET_STRICT_CHK = 12;
inline constexpr int NLM_F_REQUEST = 0x01;
inline constexpr int NLM_F_MULTI = 0x02;
inline constexpr int NLM_F_ACK = 0x04;
inline constexpr int NLM_F_ECHO = 0x08;
inline constexpr int NLM_F_DUMP_INTR = 0x10;
inline constexpr int NLM_F_DUMP_FILTERED = 0x20;
inline constexpr int NLM_F_ROOT = 0x100;
inline constexpr int NLM_F_MATCH = 0x200;
inline constexpr int NLM_F_ATOMIC = 0x400;
inline constexpr int NLM_F_DUMP = 768;
inline constexpr int NLM_F_REPLACE = 0x100;
inline constexpr int NLM_F_EXCL = 0x200;
inline constexpr int NLM_F_CREATE = 0x400;
inline constexpr int NLM_F_APPEND = 0x800;
inline constexpr int NLM_F_NONREC = 0x100;
inline constexpr int NLM_F_BULK = 0x200;
inline constexpr int NLM_F_CAPPED = 0x100;
inline constexpr int NLM_F_ACK_TLVS = 0x200;
inline constexpr int NLMSG_NOOP = 0x1;
inline constexpr int NLMSG_ERROR = 0x2;
inline constexpr int NLMSG_DONE = 0x3;
inline constexpr int NLMSG_OVERRUN = 0x4;
inline constexpr int NLMSG_MIN_TYPE = 0x10;

// Route netlink.
inline constexpr int RTM_BASE = 16;
inline constexpr int RTM_NEWLINK = 16;
inline constexpr int RTM_DELLINK = 17;
inline constexpr int RTM_GETLINK = 18;
inline constexpr int RTM_SETLINK = 19;
inline constexpr int RTM_NEWADDR = 20;
inline constexpr int RTM_DELADDR = 21;
inline constexpr int RTM_GETADDR = 22;
inline constexpr int RTM_NEWROUTE = 24;
inline constexpr int RTM_DELROUTE = 25;
inline constexpr int RTM_GETROUTE = 26;
inline constexpr int RTM_NEWNEIGH = 28;
inline constexpr int RTM_DELNEIGH = 29;
inline constexpr int RTM_GETNEIGH = 30;
inline constexpr int RTM_NEWRULE = 32;
inline constexpr int RTM_DELRULE = 33;
inline constexpr int RTM_GETRULE = 34;
inline constexpr int RTM_NEWQDISC = 36;
inline constexpr int RTM_DELQDISC = 37;
inline constexpr int RTM_GETQDISC = 38;
inline constexpr int RTM_NEWTCLASS = 40;
inline constexpr int RTM_DELTCLASS = 41;
inline constexpr int RTM_GETTCLASS = 42;
inline constexpr int RTM_NEWTFILTER = 44;
inline constexpr int RTM_DELTFILTER = 45;
inline constexpr int RTM_GETTFILTER = 46;
inline constexpr int RTM_NEWACTION = 48;
inline constexpr int RTM_DELACTION = 49;
inline constexpr int RTM_GETACTION = 50;
inline constexpr int RTM_NEWPREFIX = 52;
inline constexpr int RTM_GETMULTICAST = 58;
inline constexpr int RTM_GETANYCAST = 62;
inline constexpr int RTM_NEWNEIGHTBL = 64;
inline constexpr int RTM_GETNEIGHTBL = 66;
inline constexpr int RTM_SETNEIGHTBL = 67;
inline constexpr int RTM_NEWNDUSEROPT = 68;
inline constexpr int RTM_NEWADDRLABEL = 72;
inline constexpr int RTM_DELADDRLABEL = 73;
inline constexpr int RTM_GETADDRLABEL = 74;
inline constexpr int RTM_GETDCB = 78;
inline constexpr int RTM_SETDCB = 79;
inline constexpr int RTM_NEWNETCONF = 80;
inline constexpr int RTM_DELNETCONF = 81;
inline constexpr int RTM_GETNETCONF = 82;
inline constexpr int RTM_NEWMDB = 84;
inline constexpr int RTM_DELMDB = 85;
inline constexpr int RTM_GETMDB = 86;
inline constexpr int RTM_NEWNSID = 88;
inline constexpr int RTM_DELNSID = 89;
inline constexpr int RTM_GETNSID = 90;
inline constexpr int RTM_NEWSTATS = 92;
inline constexpr int RTM_GETSTATS = 94;
inline constexpr int RTM_SETSTATS = 95;
inline constexpr int RTM_NEWCACHEREPORT = 96;
inline constexpr int RTM_NEWCHAIN = 100;
inline constexpr int RTM_DELCHAIN = 101;
inline constexpr int RTM_GETCHAIN = 102;
inline constexpr int RTM_NEWNEXTHOP = 104;
inline constexpr int RTM_DELNEXTHOP = 105;
inline constexpr int RTM_GETNEXTHOP = 106;
inline constexpr int RTM_NEWLINKPROP = 108;
inline constexpr int RTM_DELLINKPROP = 109;
inline constexpr int RTM_GETLINKPROP = 110;
inline constexpr int RTM_NEWVLAN = 112;
inline constexpr int RTM_DELVLAN = 113;
inline constexpr int RTM_GETVLAN = 114;
inline constexpr int RTM_NEWNEXTHOPBUCKET = 116;
inline constexpr int RTM_DELNEXTHOPBUCKET = 117;
inline constexpr int RTM_GETNEXTHOPBUCKET = 118;
inline constexpr int RTM_NEWTUNNEL = 120;
inline constexpr int RTM_DELTUNNEL = 121;
inline constexpr int RTM_GETTUNNEL = 122;
inline constexpr int RTM_MAX = 123;
inline constexpr int RTMGRP_LINK = 1;
inline constexpr int RTMGRP_NOTIFY = 2;
inline constexpr int RTMGRP_NEIGH = 4;
inline constexpr int RTMGRP_TC = 8;
inline constexpr int RTMGRP_IPV4_IFADDR = 0x10;
inline constexpr int RTMGRP_IPV4_MROUTE = 0x20;
inline constexpr int RTMGRP_IPV4_ROUTE = 0x40;
inline constexpr int RTMGRP_IPV4_RULE = 0x80;
inline constexpr int RTMGRP_IPV6_IFADDR = 0x100;
inline constexpr int RTMGRP_IPV6_MROUTE = 0x200;
inline constexpr int RTMGRP_IPV6_ROUTE = 0x400;
inline constexpr int RTMGRP_IPV6_IFINFO = 0x800;
inline constexpr int RTMGRP_IPV6_PREFIX = 0x20000;
inline constexpr int RTM_F_NOTIFY = 0x100;
inline constexpr int RTM_F_CLONED = 0x200;
inline constexpr int RTM_F_EQUALIZE = 0x400;
inline constexpr int RTM_F_PREFIX = 0x800;
inline constexpr int RTM_F_LOOKUP_TABLE = 0x1000;
inline constexpr int RTM_F_FIB_MATCH = 0x2000;
inline constexpr int RTM_F_OFFLOAD = 0x4000;
inline constexpr int RTM_F_TRAP = 0x8000;
inline constexpr int RTM_F_OFFLOAD_FAILED = 0x20000000;

inline constexpr int RTN_UNSPEC = 0;
inline constexpr int RTN_UNICAST = 1;
inline constexpr int RTN_LOCAL = 2;
inline constexpr int RTN_BROADCAST = 3;
inline constexpr int RTN_ANYCAST = 4;
inline constexpr int RTN_MULTICAST = 5;
inline constexpr int RTN_UNREACHABLE = 7;
inline constexpr int RTPROT_UNSPEC = 0;
inline constexpr int RTPROT_REDIRECT = 1;
inline constexpr int RTPROT_KERNEL = 2;
inline constexpr int RTPROT_BOOT = 3;
inline constexpr int RTPROT_STATIC = 4;
inline constexpr int RT_SCOPE_UNIVERSE = 0;
inline constexpr int RT_SCOPE_SITE = 200;
inline constexpr int RT_SCOPE_LINK = 253;
inline constexpr int RT_SCOPE_HOST = 254;
inline constexpr int RT_SCOPE_NOWHERE = 255;
inline constexpr int RT_TABLE_UNSPEC = 0;
inline constexpr int RT_TABLE_DEFAULT = 253;
inline constexpr int RT_TABLE_MAIN = 254;
inline constexpr int RT_TABLE_LOCAL = 255;
inline constexpr int RTA_UNSPEC = 0;
inline constexpr int RTA_DST = 1;
inline constexpr int RTA_SRC = 2;
inline constexpr int RTA_IIF = 3;
inline constexpr int RTA_OIF = 4;
inline constexpr int RTA_GATEWAY = 5;
inline constexpr int RTA_PRIORITY = 6;
inline constexpr int RTA_PREFSRC = 7;
inline constexpr int RTA_METRICS = 8;
inline constexpr int RTA_TABLE = 15;
inline constexpr int RTA_CACHEINFO = 12;
inline constexpr int RTA_PREF = 20;

// Interfaces and addresses.
inline constexpr int IFLA_UNSPEC = 0;
inline constexpr int IFLA_ADDRESS = 1;
inline constexpr int IFLA_BROADCAST = 2;
inline constexpr int IFLA_IFNAME = 3;
inline constexpr int IFLA_MTU = 4;
inline constexpr int IFLA_LINK = 5;
inline constexpr int IFLA_QDISC = 6;
inline constexpr int IFLA_STATS = 7;
inline constexpr int IFLA_TXQLEN = 13;
inline constexpr int IFLA_MAP = 14;
inline constexpr int IFLA_OPERSTATE = 16;
inline constexpr int IFLA_LINKMODE = 17;
inline constexpr int IFLA_STATS64 = 23;
inline constexpr int IFLA_AF_SPEC = 26;
inline constexpr int IFLA_GROUP = 27;
inline constexpr int IFLA_NUM_TX_QUEUES = 31;
inline constexpr int IFLA_NUM_RX_QUEUES = 32;
inline constexpr int IFLA_CARRIER = 33;
inline constexpr int IFLA_LINKINFO = 18;
inline constexpr int IFLA_EXT_MASK = 29;
inline constexpr int IFA_UNSPEC = 0;
inline constexpr int IFA_ADDRESS = 1;
inline constexpr int IFA_LOCAL = 2;
inline constexpr int IFA_LABEL = 3;
inline constexpr int IFA_BROADCAST = 4;
inline constexpr int IFA_ANYCAST = 5;
inline constexpr int IFA_CACHEINFO = 6;
inline constexpr int IFA_MULTICAST = 7;
inline constexpr int IFA_FLAGS = 8;
inline constexpr int IFA_F_TEMPORARY = 1;
inline constexpr int IFA_F_SECONDARY = 0x01;
inline constexpr int IFA_F_PERMANENT = 0x80;
inline constexpr int IFA_F_NOPREFIXROUTE = 0x200;

// Neighbours.
inline constexpr int NUD_INCOMPLETE = 0x01;
inline constexpr int NUD_REACHABLE = 0x02;
inline constexpr int NUD_STALE = 0x04;
inline constexpr int NUD_DELAY = 0x08;
inline constexpr int NUD_PROBE = 0x10;
inline constexpr int NUD_FAILED = 0x20;
inline constexpr int NUD_NOARP = 0x40;
inline constexpr int NUD_PERMANENT = 0x80;
inline constexpr int NUD_NONE = 0x00;
inline constexpr int NDA_UNSPEC = 0;
inline constexpr int NDA_DST = 1;
inline constexpr int NDA_LLADDR = 2;
inline constexpr int NDA_CACHEINFO = 3;

// NETLINK_KOBJECT_UEVENT, sock_diag.
inline constexpr int SOCK_DIAG_BY_FAMILY = 20;
inline constexpr int SOCK_DESTROY = 21;

}  // namespace abi
