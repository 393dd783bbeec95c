// Macros for assembly: exception table, SMAP windows, functions.
// Callers: arch's .S files.
// Locks, context: none.
#pragma once

// A function, in a section of its own so that unused ones are dropped.
.macro FUNCTION name
    .section .text.\name, "ax", @progbits
    .balign 16
    .globl \name
    .hidden \name
    .type \name, @function
\name:
.endm
.macro END_FUNCTION name
    .size \name, . - \name
.endm

// A fault of the instruction at `from` continues at `to` (trap.h: fix_exception).
.macro EXTABLE from, to
    .pushsection .extable, "a"
    .balign 4
    .long \from - ., \to - .
    .popsection
.endm

.macro STAC
771: .byte 0x0f, 0x01, 0xcb
    .pushsection .smap_sites, "a"
    .balign 4
    .long 771b - .
    .popsection
.endm
.macro CLAC
772: .byte 0x0f, 0x01, 0xca
    .pushsection .smap_sites, "a"
    .balign 4
    .long 772b - .
    .popsection
.endm
