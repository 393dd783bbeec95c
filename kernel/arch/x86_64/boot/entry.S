// First instructions of the boot CPU, for PVH and Multiboot2 alike: 32-bit protected mode without paging.
// Callers: the boot loader. Sections .boot, .note.pvh.
// Locks, context: one CPU, interrupts off; registers as the protocols say.

#define IMAGE_PHYS 0x1000000
// A symbol's distance from the image's start, in code whose base register holds IMAGE_PHYS.
#define OFFSET(symbol) ((symbol) - boot_start)
#define PHYS(boot_symbol) (IMAGE_PHYS + (boot_symbol - boot_start))

.section .note.pvh, "a", @note
    .balign 4
    .long 2f - 1f, 4f - 3f, 18      // XEN_ELFNOTE_PHYS32_ENTRY
1:  .asciz "Xen"
2:  .balign 4
3:  .quad pvh_entry_phys             // QEMU reads eight bytes from a 64-bit ELF
4:  .balign 4

.section .boot, "ax", @progbits
boot_start:
// Multiboot2 specification 3.1; within the first 32 KiB of the file.
    .balign 8
header:
    .long 0xe85250d6, 0, header_end - header, -(0xe85250d6 + (header_end - header))
    .balign 8
    .short 3, 0                      // entry address
    .long 12, PHYS(multiboot_entry)
    .balign 8
    .short 5, 1                      // framebuffer, optional
    .long 20, 1024, 768, 32
    .balign 8
    .short 6, 0                      // modules on page boundaries
    .long 8
    .balign 8
    .short 0, 0
    .long 8
header_end:

.globl pvh_entry_phys
.set pvh_entry_phys, PHYS(pvh_entry)

.code32
.globl multiboot_entry
multiboot_entry:
    cmpl $0x36d76289, %eax
    jne stop
    movl $2, %esi                    // BootProtocol::kMultiboot2
    jmp start
pvh_entry:
    movl $1, %esi                    // BootProtocol::kPvh
start:
    cli
    cld
    movl $IMAGE_PHYS, %ebp           // the link fixes where the image is loaded
    leal OFFSET(boot_stack_end)(%ebp), %esp
    movl %ebx, %edi                  // CPUID overwrites ebx

    movl $0x80000000, %eax
    cpuid
    cmpl $0x80000001, %eax
    jb no_long_mode
    movl $0x80000001, %eax
    cpuid
    btl $29, %edx
    jnc no_long_mode

    // Tables in .bss, which the loader has zeroed: 4 GiB one to one by 2 MiB pages; the image's directory is
    // filled by boot_relocate.
    leal OFFSET(boot_pdpt_low)+3(%ebp), %eax
    movl %eax, OFFSET(boot_pml4)(%ebp)
    leal OFFSET(boot_pdpt_high)+3(%ebp), %eax
    movl %eax, OFFSET(boot_pml4)+511*8(%ebp)
    leal OFFSET(boot_pd_image)+3(%ebp), %eax
    movl %eax, OFFSET(boot_pdpt_high)+510*8(%ebp)
    leal OFFSET(boot_pd_low)+3(%ebp), %eax
    xorl %ecx, %ecx
1:  movl %eax, OFFSET(boot_pdpt_low)(%ebp,%ecx,8)
    addl $4096, %eax
    incl %ecx
    cmpl $4, %ecx
    jne 1b
    movl $0x83, %eax                 // present, write, 2 MiB
    xorl %ecx, %ecx
2:  movl %eax, OFFSET(boot_pd_low)(%ebp,%ecx,8)
    addl $0x200000, %eax
    incl %ecx
    cmpl $2048, %ecx
    jne 2b

    // Firmware leaves bits set (UEFI: CR4 0x648), so control registers are set, not ORed.
    movl $0x20, %eax                 // PAE
    movl %eax, %cr4
    leal OFFSET(boot_pml4)(%ebp), %eax
    movl %eax, %cr3
    movl $0xc0000080, %ecx           // EFER
    movl $0x100, %eax                // LME
    xorl %edx, %edx
    wrmsr
    movl $0x80010033, %eax           // PG WP NE ET MP PE
    movl %eax, %cr0
    lgdt PHYS(gdt_pointer)
    .byte 0xea                       // ljmp kernel code : long_mode
    .long PHYS(long_mode)
    .word 0x10

no_long_mode:
    leal OFFSET(no_long_mode_text)(%ebp), %esi
    movw $0x2f8, %dx
1:  lodsb
    testb %al, %al
    jz stop
    outb %al, %dx
    jmp 1b
stop:
    cli
    hlt
    jmp stop

no_long_mode_text:
    .asciz "<0>[0.000000] panic: this CPU has no 64-bit mode\r\n@panic\r\n"

    .balign 8
gdt:
    .quad 0, 0
    .quad 0x00af9b000000ffff         // 0x10: 64-bit code
    .quad 0x00cf93000000ffff         // 0x18: data
gdt_pointer:
    .word . - gdt - 1
    .long PHYS(gdt)

.code64
long_mode:
    movl $0x18, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    xorl %eax, %eax
    movl %eax, %fs
    movl %eax, %gs
    leaq boot_stack_end(%rip), %rsp
    xorl %ebp, %ebp
    movl %esi, %eax
    movl %edi, %esi                  // the protocol's structure
    movl %eax, %edi                  // BootProtocol
    call boot_relocate               // image's slide in rax; the image is mapped at its slid address from here on
    movabsq $(0xffffffff80000000 - IMAGE_PHYS), %rcx
    addq %rax, %rcx                  // slid virtual address minus physical address
    addq %rcx, %rsp
    leaq high(%rip), %rax
    addq %rcx, %rax
    jmpq *%rax
high:
    xorl %ebp, %ebp                  // ends backtraces
    pushq %rbp
    pushq %rbp
    call boot_main
    ud2

.section .bss.page_aligned, "aw", @nobits
    .balign 4096
.globl boot_pml4, boot_pd_image, boot_stack, boot_stack_end
boot_pml4:      .skip 4096
boot_pdpt_low:  .skip 4096
boot_pdpt_high: .skip 4096
boot_pd_image:  .skip 4096
boot_pd_low:    .skip 4096 * 4
boot_stack:     .skip 65536
boot_stack_end:

.section .note.GNU-stack, "", @progbits
