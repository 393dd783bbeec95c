// The vDSO inside the kernel's read-only data: whole pages, so that user space sees nothing else of it.
    .section .rodata.vdso, "a"
    .balign 4096
vdso_image_start:
    .incbin "vdso.so"
    .balign 4096, 0
vdso_image_end:

// A std::span<const u8>: pointer, length.
    .section .data.rel.ro.vdso, "aw"
    .balign 8
    .globl vdso_image
    .hidden vdso_image
vdso_image:
    .quad vdso_image_start
    .quad vdso_image_end - vdso_image_start
