// The page that a start-up IPI makes another CPU run: from real mode to 64-bit C++.
// Callers: copied and filled by smp.cc.
// Locks, context: real mode at page:0, interrupts off. Everything is reached relative to the page.
#define AT(symbol) ((symbol) - trampoline_start)

.section .rodata.trampoline, "a", @progbits
    .balign 16
.globl trampoline_start, trampoline_end, trampoline_data
.hidden trampoline_start, trampoline_end, trampoline_data
.code16
trampoline_start:
    cli
    cld
    movw %cs, %ax
    movw %ax, %ds
    xorl %ebx, %ebx
    movw %ax, %bx
    shll $4, %ebx                    // the page's address
    lgdtl AT(gdt_pointer)
    movl $0x11, %eax                 // PE, ET
    movl %eax, %cr0
    ljmpl *AT(far32)

.code32
protected_mode:
    movw $0x18, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movl $0x20, %eax                 // PAE
    movl %eax, %cr4
    movl AT(page_tables)(%ebx), %eax
    movl %eax, %cr3
    movl $0xc0000080, %ecx           // EFER, NXE as the boot CPU has it: its tables use the bit
    movl AT(efer)(%ebx), %eax
    xorl %edx, %edx
    wrmsr
    movl $0x80010033, %eax           // PG WP NE ET MP PE
    movl %eax, %cr0
    ljmpl *AT(far64)(%ebx)

.code64
long_mode_ap:
    movl %ebx, %ebx
    movq AT(stack)(%rbx), %rsp
    movq AT(local)(%rbx), %rdi
    movq AT(entry)(%rbx), %rsi
    movq AT(continue)(%rbx), %rax
    movl $1, AT(done)(%rbx)
    xorl %ebp, %ebp
    pushq %rbp
    pushq %rax
    ret                              // smp.cc: ap_main, with the stack as after a call

    .balign 8
gdt:
    .quad 0, 0
    .quad 0x00af9b000000ffff         // 0x10: 64-bit code
    .quad 0x00cf93000000ffff         // 0x18: data
    .quad 0x00cf9b000000ffff         // 0x20: 32-bit code
gdt_end:
// TrampolineData of smp.cc.
    .balign 8
trampoline_data:
gdt_pointer:
    .word gdt_end - gdt - 1
    .long AT(gdt)                    // + page
far32:
    .long AT(protected_mode)         // + page
    .word 0x20
far64:
    .long AT(long_mode_ap)           // + page
    .word 0x10
    .balign 8
page_tables: .quad 0
efer:        .quad 0
stack:       .quad 0
local:       .quad 0
entry:       .quad 0
continue:    .quad 0
done:        .quad 0
trampoline_end:

.section .note.GNU-stack, "", @progbits
