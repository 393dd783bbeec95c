// ELF files: headers, notes, relocations of x86-64.
// Facts only: any floor of the kernel, the host tests and user programs may include it; no state, no locks.
// Source: Linux 6.1 include/uapi/linux/{elf,elf-em}.h; System V ABI, AMD64 supplement.
#pragma once

#include "abi/linux/types.h"

namespace abi {

struct Elf64_Ehdr {
    u8 e_ident[16];
    u16 e_type;
    u16 e_machine;
    u32 e_version;
    u64 e_entry;
    u64 e_phoff;
    u64 e_shoff;
    u32 e_flags;
    u16 e_ehsize;
    u16 e_phentsize;
    u16 e_phnum;
    u16 e_shentsize;
    u16 e_shnum;
    u16 e_shstrndx;
};
static_assert(sizeof(Elf64_Ehdr) == 64);

struct Elf64_Phdr {
    u32 p_type;
    u32 p_flags;
    u64 p_offset;
    u64 p_vaddr;
    u64 p_paddr;
    u64 p_filesz;
    u64 p_memsz;
    u64 p_align;
};
static_assert(sizeof(Elf64_Phdr) == 56);

struct Elf64_Shdr {
    u32 sh_name;
    u32 sh_type;
    u64 sh_flags;
    u64 sh_addr;
    u64 sh_offset;
    u64 sh_size;
    u32 sh_link;
    u32 sh_info;
    u64 sh_addralign;
    u64 sh_entsize;
};
static_assert(sizeof(Elf64_Shdr) == 64);

struct Elf64_Sym {
    u32 st_name;
    u8 st_info;
    u8 st_other;
    u16 st_shndx;
    u64 st_value;
    u64 st_size;
};
static_assert(sizeof(Elf64_Sym) == 24);

struct Elf64_Dyn {
    i64 d_tag;
    u64 d_val;
};

struct Elf64_Rela {
    u64 r_offset;
    u64 r_info;
    i64 r_addend;
};
static_assert(sizeof(Elf64_Rela) == 24);

struct Elf64_Nhdr {
    u32 n_namesz;
    u32 n_descsz;
    u32 n_type;
};

// Identification.
inline constexpr int EI_NIDENT = 16;
inline constexpr int EI_CLASS = 4;
inline constexpr int EI_DATA = 5;
inline constexpr int EI_VERSION = 6;
inline constexpr int EI_OSABI = 7;
inline constexpr int EI_PAD = 8;
inline constexpr int ELFMAG0 = 0x7f;
inline constexpr int ELFMAG1 = 69;
inline constexpr int ELFMAG2 = 76;
inline constexpr int ELFMAG3 = 70;
inline constexpr int ELFCLASSNONE = 0;
inline constexpr int ELFCLASS32 = 1;
inline constexpr int ELFCLASS64 = 2;
inline constexpr int ELFCLASSNUM = 3;
inline constexpr int ELFDATANONE = 0;
inline constexpr int ELFDATA2LSB = 1;
inline constexpr int ELFDATA2MSB = 2;
inline constexpr int EV_NONE = 0;
inline constexpr int EV_CURRENT = 1;
inline constexpr int EV_NUM = 2;
inline constexpr int ELFOSABI_NONE = 0;
inline constexpr int ELFOSABI_LINUX = 3;
inline constexpr int SELFMAG = 4;
inline constexpr int ET_NONE = 0;
inline constexpr int ET_REL = 1;
inline constexpr int ET_EXEC = 2;
inline constexpr int ET_DYN = 3;
inline constexpr int ET_CORE = 4;
inline constexpr int ET_LOPROC = 0xff00;
inline constexpr int ET_HIPROC = 0xffff;
inline constexpr int EM_386 = 3;
inline constexpr int EM_X86_64 = 62;

// Segments.
inline constexpr int PT_NULL = 0;
inline constexpr int PT_LOAD = 1;
inline constexpr int PT_DYNAMIC = 2;
inline constexpr int PT_INTERP = 3;
inline constexpr int PT_NOTE = 4;
inline constexpr int PT_SHLIB = 5;
inline constexpr int PT_PHDR = 6;
inline constexpr int PT_TLS = 7;
inline constexpr int PT_LOOS = 0x60000000;
inline constexpr int PT_HIOS = 0x6fffffff;
inline constexpr int PT_LOPROC = 0x70000000;
inline constexpr int PT_HIPROC = 0x7fffffff;
inline constexpr int PT_GNU_EH_FRAME = 0x6474e550;
inline constexpr int PT_GNU_STACK = 0x6474e551;
inline constexpr int PT_GNU_RELRO = 0x6474e552;
inline constexpr int PT_GNU_PROPERTY = 0x6474e553;
inline constexpr int PT_AARCH64_MEMTAG_MTE = 0x70000002;
inline constexpr int PF_R = 0x4;
inline constexpr int PF_W = 0x2;
inline constexpr int PF_X = 0x1;
inline constexpr int PN_XNUM = 0xffff;

// Sections, symbols, dynamic entries.
inline constexpr int SHT_NULL = 0;
inline constexpr int SHT_PROGBITS = 1;
inline constexpr int SHT_SYMTAB = 2;
inline constexpr int SHT_STRTAB = 3;
inline constexpr int SHT_RELA = 4;
inline constexpr int SHT_HASH = 5;
inline constexpr int SHT_DYNAMIC = 6;
inline constexpr int SHT_NOTE = 7;
inline constexpr int SHT_NOBITS = 8;
inline constexpr int SHT_REL = 9;
inline constexpr int SHT_SHLIB = 10;
inline constexpr int SHT_DYNSYM = 11;
inline constexpr int SHT_NUM = 12;
inline constexpr int SHT_LOPROC = 0x70000000;
inline constexpr int SHT_HIPROC = 0x7fffffff;
inline constexpr u32 SHT_LOUSER = 0x80000000;
inline constexpr u32 SHT_HIUSER = 0xffffffff;
inline constexpr int SHF_WRITE = 0x1;
inline constexpr int SHF_ALLOC = 0x2;
inline constexpr int SHF_EXECINSTR = 0x4;
inline constexpr u32 SHF_MASKPROC = 0xf0000000;
inline constexpr int SHN_UNDEF = 0;
inline constexpr int SHN_LORESERVE = 0xff00;
inline constexpr int SHN_LOPROC = 0xff00;
inline constexpr int SHN_HIPROC = 0xff1f;
inline constexpr int SHN_LIVEPATCH = 0xff20;
inline constexpr int SHN_ABS = 0xfff1;
inline constexpr int SHN_COMMON = 0xfff2;
inline constexpr int SHN_HIRESERVE = 0xffff;
inline constexpr int STB_LOCAL = 0;
inline constexpr int STB_GLOBAL = 1;
inline constexpr int STB_WEAK = 2;
inline constexpr int STT_NOTYPE = 0;
inline constexpr int STT_OBJECT = 1;
inline constexpr int STT_FUNC = 2;
inline constexpr int STT_SECTION = 3;
inline constexpr int STT_FILE = 4;
inline constexpr int STT_COMMON = 5;
inline constexpr int STT_TLS = 6;
inline constexpr int DT_NULL = 0;
inline constexpr int DT_NEEDED = 1;
inline constexpr int DT_PLTRELSZ = 2;
inline constexpr int DT_PLTGOT = 3;
inline constexpr int DT_HASH = 4;
inline constexpr int DT_STRTAB = 5;
inline constexpr int DT_SYMTAB = 6;
inline constexpr int DT_RELA = 7;
inline constexpr int DT_RELASZ = 8;
inline constexpr int DT_RELAENT = 9;
inline constexpr int DT_STRSZ = 10;
inline constexpr int DT_SYMENT = 11;
inline constexpr int DT_INIT = 12;
inline constexpr int DT_FINI = 13;
inline constexpr int DT_SONAME = 14;
inline constexpr int DT_RPATH = 15;
inline constexpr int DT_SYMBOLIC = 16;
inline constexpr int DT_REL = 17;
inline constexpr int DT_RELSZ = 18;
inline constexpr int DT_RELENT = 19;
inline constexpr int DT_PLTREL = 20;
inline constexpr int DT_DEBUG = 21;
inline constexpr int DT_TEXTREL = 22;
inline constexpr int DT_JMPREL = 23;
inline constexpr int DT_ENCODING = 32;
inline constexpr int DT_LOOS = 0x6000000d;
inline constexpr int DT_HIOS = 0x6ffff000;
inline constexpr int DT_VALRNGLO = 0x6ffffd00;
inline constexpr int DT_VALRNGHI = 0x6ffffdff;
inline constexpr int DT_ADDRRNGLO = 0x6ffffe00;
inline constexpr int DT_ADDRRNGHI = 0x6ffffeff;
inline constexpr int DT_VERSYM = 0x6ffffff0;
inline constexpr int DT_RELACOUNT = 0x6ffffff9;
inline constexpr int DT_RELCOUNT = 0x6ffffffa;
inline constexpr int DT_VERDEF = 0x6ffffffc;
inline constexpr int DT_VERDEFNUM = 0x6ffffffd;
inline constexpr int DT_VERNEED = 0x6ffffffe;
inline constexpr int DT_VERNEEDNUM = 0x6fffffff;
inline constexpr int DT_LOPROC = 0x70000000;
inline constexpr int DT_HIPROC = 0x7fffffff;

// Notes of core files.
inline constexpr int NT_PRSTATUS = 1;
inline constexpr int NT_PRFPREG = 2;
inline constexpr int NT_PRPSINFO = 3;
inline constexpr int NT_TASKSTRUCT = 4;
inline constexpr int NT_AUXV = 6;
inline constexpr int NT_SIGINFO = 0x53494749;
inline constexpr int NT_FILE = 0x46494c45;
inline constexpr int NT_X86_XSTATE = 0x202;
inline constexpr int NT_GNU_PROPERTY_TYPE_0 = 5;

}  // namespace abi
