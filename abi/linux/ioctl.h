// ioctl numbers: how they are made, and those of files, sockets and block devices.
// Facts only: any floor of the kernel, the host tests and user programs may include it; no state, no locks.
// Source: Linux 6.1 include/uapi/asm-generic/{ioctl,ioctls}.h, linux/{fs,sockios}.h.
#pragma once

#include "abi/linux/types.h"

namespace abi {

inline constexpr int _IOC_NRSHIFT = 0;
inline constexpr int _IOC_TYPESHIFT = 8;
inline constexpr int _IOC_SIZESHIFT = 16;
inline constexpr int _IOC_DIRSHIFT = 30;
inline constexpr int _IOC_NONE = 0;
inline constexpr int _IOC_WRITE = 1;  // user space writes to the kernel
inline constexpr int _IOC_READ = 2;

constexpr u32 _IOC(u32 direction, u32 type, u32 number, u32 size) {
    return (direction << _IOC_DIRSHIFT) | (type << _IOC_TYPESHIFT) | (number << _IOC_NRSHIFT) |
           (size << _IOC_SIZESHIFT);
}
constexpr u32 _IO(u32 type, u32 number) { return _IOC(_IOC_NONE, type, number, 0); }
template <class T>
constexpr u32 _IOR(u32 type, u32 number) {
    return _IOC(_IOC_READ, type, number, sizeof(T));
}
template <class T>
constexpr u32 _IOW(u32 type, u32 number) {
    return _IOC(_IOC_WRITE, type, number, sizeof(T));
}
template <class T>
constexpr u32 _IOWR(u32 type, u32 number) {
    return _IOC(_IOC_READ | _IOC_WRITE, type, number, sizeof(T));
}
constexpr u32 _IOC_DIR(u32 request) { return request >> _IOC_DIRSHIFT; }
constexpr u32 _IOC_TYPE(u32 request) { return (request >> _IOC_TYPESHIFT) & 0xff; }
constexpr u32 _IOC_NR(u32 request) { return (request >> _IOC_NRSHIFT) & 0xff; }
constexpr u32 _IOC_SIZE(u32 request) { return (request >> _IOC_SIZESHIFT) & 0x3fff; }

// Any descriptor.
inline constexpr int FIONCLEX = 0x5450;
inline constexpr int FIOCLEX = 0x5451;
inline constexpr int FIOASYNC = 0x5452;
inline constexpr int FIONBIO = 0x5421;
inline constexpr int FIONREAD = 0x541B;
inline constexpr int FIOQSIZE = 0x5460;

// Files and block devices.
inline constexpr int FIBMAP = 0x1;
inline constexpr int FIGETBSZ = 0x2;
inline constexpr u32 FIFREEZE = 0xc0045877;
inline constexpr u32 FITHAW = 0xc0045878;
inline constexpr u32 FITRIM = 0xc0185879;
inline constexpr int FICLONE = 0x40049409;
inline constexpr int FICLONERANGE = 0x4020940d;
inline constexpr u32 FIDEDUPERANGE = 0xc0189436;
inline constexpr u32 FS_IOC_FIEMAP = 0xc020660b;
inline constexpr u32 FS_IOC_GETFLAGS = 0x80086601;
inline constexpr int FS_IOC_SETFLAGS = 0x40086602;
inline constexpr u32 FS_IOC_GETVERSION = 0x80087601;
inline constexpr u32 FS_IOC_FSGETXATTR = 0x801c581f;
inline constexpr int FS_IOC_FSSETXATTR = 0x401c5820;
inline constexpr int BLKROSET = 0x125d;
inline constexpr int BLKROGET = 0x125e;
inline constexpr int BLKRRPART = 0x125f;
inline constexpr int BLKGETSIZE = 0x1260;
inline constexpr int BLKFLSBUF = 0x1261;
inline constexpr int BLKRASET = 0x1262;
inline constexpr int BLKRAGET = 0x1263;
inline constexpr int BLKFRASET = 0x1264;
inline constexpr int BLKFRAGET = 0x1265;
inline constexpr int BLKSECTSET = 0x1266;
inline constexpr int BLKSECTGET = 0x1267;
inline constexpr int BLKSSZGET = 0x1268;
inline constexpr u32 BLKBSZGET = 0x80081270;
inline constexpr int BLKBSZSET = 0x40081271;
inline constexpr int BLKTRACESTART = 0x1274;
inline constexpr int BLKTRACESTOP = 0x1275;
inline constexpr int BLKTRACETEARDOWN = 0x1276;
inline constexpr int BLKDISCARD = 0x1277;
inline constexpr int BLKIOMIN = 0x1278;
inline constexpr int BLKIOOPT = 0x1279;
inline constexpr int BLKALIGNOFF = 0x127a;
inline constexpr int BLKPBSZGET = 0x127b;
inline constexpr int BLKDISCARDZEROES = 0x127c;
inline constexpr int BLKSECDISCARD = 0x127d;
inline constexpr int BLKROTATIONAL = 0x127e;
inline constexpr int BLKZEROOUT = 0x127f;
inline constexpr u32 BLKGETDISKSEQ = 0x80081280;
inline constexpr int FS_SECRM_FL = 0x00000001;
inline constexpr int FS_UNRM_FL = 0x00000002;
inline constexpr int FS_COMPR_FL = 0x00000004;
inline constexpr int FS_SYNC_FL = 0x00000008;
inline constexpr int FS_IMMUTABLE_FL = 0x00000010;
inline constexpr int FS_APPEND_FL = 0x00000020;
inline constexpr int FS_NODUMP_FL = 0x00000040;
inline constexpr int FS_NOATIME_FL = 0x00000080;
inline constexpr int FS_DIRTY_FL = 0x00000100;
inline constexpr int FS_COMPRBLK_FL = 0x00000200;
inline constexpr int FS_NOCOMP_FL = 0x00000400;
inline constexpr int FS_ENCRYPT_FL = 0x00000800;
inline constexpr int FS_BTREE_FL = 0x00001000;
inline constexpr int FS_INDEX_FL = 0x00001000;
inline constexpr int FS_IMAGIC_FL = 0x00002000;
inline constexpr int FS_JOURNAL_DATA_FL = 0x00004000;
inline constexpr int FS_NOTAIL_FL = 0x00008000;
inline constexpr int FS_DIRSYNC_FL = 0x00010000;
inline constexpr int FS_TOPDIR_FL = 0x00020000;
inline constexpr int FS_HUGE_FILE_FL = 0x00040000;
inline constexpr int FS_EXTENT_FL = 0x00080000;
inline constexpr int FS_VERITY_FL = 0x00100000;
inline constexpr int FS_EA_INODE_FL = 0x00200000;
inline constexpr int FS_EOFBLOCKS_FL = 0x00400000;
inline constexpr int FS_NOCOW_FL = 0x00800000;
inline constexpr int FS_DAX_FL = 0x02000000;
inline constexpr int FS_INLINE_DATA_FL = 0x10000000;
inline constexpr int FS_PROJINHERIT_FL = 0x20000000;
inline constexpr int FS_CASEFOLD_FL = 0x40000000;
inline constexpr u32 FS_RESERVED_FL = 0x80000000;

struct fiemap_extent {
    u64 fe_logical;
    u64 fe_physical;
    u64 fe_length;
    u64 fe_reserved64[2];
    u32 fe_flags;
    u32 fe_reserved[3];
};
static_assert(sizeof(fiemap_extent) == 56);

struct fiemap {  // followed by fm_extent_count extents
    u64 fm_start;
    u64 fm_length;
    u32 fm_flags;
    u32 fm_mapped_extents;
    u32 fm_extent_count;
    u32 fm_reserved;
};
static_assert(sizeof(fiemap) == 32);

inline constexpr int FIEMAP_MAX_OFFSET = -1;
inline constexpr int FIEMAP_FLAG_SYNC = 0x00000001;
inline constexpr int FIEMAP_FLAG_XATTR = 0x00000002;
inline constexpr int FIEMAP_FLAG_CACHE = 0x00000004;
inline constexpr int FIEMAP_FLAGS_COMPAT = 0x3;
inline constexpr int FIEMAP_EXTENT_LAST = 0x00000001;
inline constexpr int FIEMAP_EXTENT_UNKNOWN = 0x00000002;
inline constexpr int FIEMAP_EXTENT_DELALLOC = 0x00000004;
inline constexpr int FIEMAP_EXTENT_ENCODED = 0x00000008;
inline constexpr int FIEMAP_EXTENT_DATA_ENCRYPTED = 0x00000080;
inline constexpr int FIEMAP_EXTENT_NOT_ALIGNED = 0x00000100;
inline constexpr int FIEMAP_EXTENT_DATA_INLINE = 0x00000200;
inline constexpr int FIEMAP_EXTENT_DATA_TAIL = 0x00000400;
inline constexpr int FIEMAP_EXTENT_UNWRITTEN = 0x00000800;
inline constexpr int FIEMAP_EXTENT_MERGED = 0x00001000;
inline constexpr int FIEMAP_EXTENT_SHARED = 0x00002000;

// Sockets and interfaces.
inline constexpr int SIOCSPGRP = 0x8902;
inline constexpr int SIOCGPGRP = 0x8904;
inline constexpr int SIOCATMARK = 0x8905;
inline constexpr int SIOCGSTAMP = 0x8906;
inline constexpr int SIOCGSTAMPNS = 0x8907;
inline constexpr int SIOCADDRT = 0x890B;
inline constexpr int SIOCDELRT = 0x890C;
inline constexpr int SIOCRTMSG = 0x890D;
inline constexpr int SIOCGIFNAME = 0x8910;
inline constexpr int SIOCSIFLINK = 0x8911;
inline constexpr int SIOCGIFCONF = 0x8912;
inline constexpr int SIOCGIFFLAGS = 0x8913;
inline constexpr int SIOCSIFFLAGS = 0x8914;
inline constexpr int SIOCGIFADDR = 0x8915;
inline constexpr int SIOCSIFADDR = 0x8916;
inline constexpr int SIOCGIFDSTADDR = 0x8917;
inline constexpr int SIOCSIFDSTADDR = 0x8918;
inline constexpr int SIOCGIFBRDADDR = 0x8919;
inline constexpr int SIOCSIFBRDADDR = 0x891a;
inline constexpr int SIOCGIFNETMASK = 0x891b;
inline constexpr int SIOCSIFNETMASK = 0x891c;
inline constexpr int SIOCGIFMETRIC = 0x891d;
inline constexpr int SIOCSIFMETRIC = 0x891e;
inline constexpr int SIOCGIFMEM = 0x891f;
inline constexpr int SIOCSIFMEM = 0x8920;
inline constexpr int SIOCGIFMTU = 0x8921;
inline constexpr int SIOCSIFMTU = 0x8922;
inline constexpr int SIOCSIFNAME = 0x8923;
inline constexpr int SIOCSIFHWADDR = 0x8924;
inline constexpr int SIOCGIFENCAP = 0x8925;
inline constexpr int SIOCSIFENCAP = 0x8926;
inline constexpr int SIOCGIFHWADDR = 0x8927;
inline constexpr int SIOCGIFSLAVE = 0x8929;
inline constexpr int SIOCSIFSLAVE = 0x8930;
inline constexpr int SIOCADDMULTI = 0x8931;
inline constexpr int SIOCDELMULTI = 0x8932;
inline constexpr int SIOCGIFINDEX = 0x8933;
inline constexpr int SIOCSIFPFLAGS = 0x8934;
inline constexpr int SIOCGIFPFLAGS = 0x8935;
inline constexpr int SIOCDIFADDR = 0x8936;
inline constexpr int SIOCSIFHWBROADCAST = 0x8937;
inline constexpr int SIOCGIFCOUNT = 0x8938;
inline constexpr int SIOCGIFBR = 0x8940;
inline constexpr int SIOCSIFBR = 0x8941;
inline constexpr int SIOCGIFTXQLEN = 0x8942;
inline constexpr int SIOCSIFTXQLEN = 0x8943;
inline constexpr int SIOCETHTOOL = 0x8946;
inline constexpr int SIOCGMIIPHY = 0x8947;
inline constexpr int SIOCGMIIREG = 0x8948;
inline constexpr int SIOCSMIIREG = 0x8949;
inline constexpr int SIOCWANDEV = 0x894A;
inline constexpr int SIOCOUTQNSD = 0x894B;
inline constexpr int SIOCGSKNS = 0x894C;
inline constexpr int SIOCDARP = 0x8953;
inline constexpr int SIOCGARP = 0x8954;
inline constexpr int SIOCSARP = 0x8955;
inline constexpr int SIOCDRARP = 0x8960;
inline constexpr int SIOCGRARP = 0x8961;
inline constexpr int SIOCSRARP = 0x8962;
inline constexpr int SIOCGIFMAP = 0x8970;
inline constexpr int SIOCSIFMAP = 0x8971;
inline constexpr int SIOCADDDLCI = 0x8980;
inline constexpr int SIOCDELDLCI = 0x8981;
inline constexpr int SIOCGIFVLAN = 0x8982;
inline constexpr int SIOCSIFVLAN = 0x8983;
inline constexpr int SIOCBONDENSLAVE = 0x8990;
inline constexpr int SIOCBONDRELEASE = 0x8991;
inline constexpr int SIOCBONDSETHWADDR = 0x8992;
inline constexpr int SIOCBONDSLAVEINFOQUERY = 0x8993;
inline constexpr int SIOCBONDINFOQUERY = 0x8994;
inline constexpr int SIOCBONDCHANGEACTIVE = 0x8995;
inline constexpr int SIOCBRADDBR = 0x89a0;
inline constexpr int SIOCBRDELBR = 0x89a1;
inline constexpr int SIOCBRADDIF = 0x89a2;
inline constexpr int SIOCBRDELIF = 0x89a3;
inline constexpr int SIOCSHWTSTAMP = 0x89b0;
inline constexpr int SIOCGHWTSTAMP = 0x89b1;
inline constexpr int SIOCDEVPRIVATE = 0x89F0;
inline constexpr int FIOSETOWN = 0x8901;
inline constexpr int FIOGETOWN = 0x8903;

}  // namespace abi
