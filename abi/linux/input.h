// Input events (evdev): structures and requests; codes are in input_codes.h.
// Facts only: any floor of the kernel, the host tests and user programs may include it; no state, no locks.
// Source: Linux 6.1 include/uapi/linux/input.h.
#pragma once

#include "abi/linux/time.h"
#include "abi/linux/types.h"

namespace abi {

struct input_event {
    timeval time;
    u16 type;
    u16 code;
    i32 value;
};
static_assert(sizeof(input_event) == 24);

struct input_id {
    u16 bustype;
    u16 vendor;
    u16 product;
    u16 version;
};

struct input_absinfo {
    i32 value;
    i32 minimum;
    i32 maximum;
    i32 fuzz;
    i32 flat;
    i32 resolution;
};
static_assert(sizeof(input_absinfo) == 24);

inline constexpr int EV_VERSION = 0x010001;
inline constexpr u32 EVIOCGVERSION = 0x80044501;
inline constexpr u32 EVIOCGID = 0x80084502;
inline constexpr u32 EVIOCGREP = 0x80084503;
inline constexpr int EVIOCSREP = 0x40084503;
inline constexpr int EVIOCGRAB = 0x40044590;
inline constexpr int EVIOCREVOKE = 0x40044591;
inline constexpr int EVIOCSCLOCKID = 0x400445a0;
inline constexpr int BUS_PCI = 0x01;
inline constexpr int BUS_ISAPNP = 0x02;
inline constexpr int BUS_USB = 0x03;
inline constexpr int BUS_HIL = 0x04;
inline constexpr int BUS_BLUETOOTH = 0x05;
inline constexpr int BUS_VIRTUAL = 0x06;
inline constexpr int BUS_ISA = 0x10;
inline constexpr int BUS_I8042 = 0x11;
inline constexpr int BUS_XTKBD = 0x12;
inline constexpr int BUS_RS232 = 0x13;
inline constexpr int BUS_GAMEPORT = 0x14;
inline constexpr int BUS_PARPORT = 0x15;
inline constexpr int BUS_AMIGA = 0x16;
inline constexpr int BUS_ADB = 0x17;
inline constexpr int BUS_I2C = 0x18;
inline constexpr int BUS_HOST = 0x19;
inline constexpr int BUS_GSC = 0x1A;
inline constexpr int BUS_ATARI = 0x1B;
inline constexpr int BUS_SPI = 0x1C;
inline constexpr int BUS_RMI = 0x1D;
inline constexpr int BUS_CEC = 0x1E;

}  // namespace abi
