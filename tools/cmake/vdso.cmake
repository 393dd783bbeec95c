# The vDSO: user-mode code in a shared object of its own, which kernel/time/vdso/image.S puts into the kernel's image.
set(VDSO ${CMAKE_SOURCE_DIR}/kernel/time/vdso)
set(VDSO_OUT ${CMAKE_BINARY_DIR}/vdso)
file(MAKE_DIRECTORY ${VDSO_OUT})
add_custom_command(
  OUTPUT ${VDSO_OUT}/vdso.so
  COMMAND ${CMAKE_CXX_COMPILER} -std=gnu++23 -O2 -fPIC -ffreestanding -fno-exceptions -fno-rtti -fno-stack-protector
    -mno-sse -mno-mmx -fvisibility=hidden -fasynchronous-unwind-tables -fno-jump-tables -fcf-protection=branch
    -Wall -Wextra -Werror -Wno-unused-parameter -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=
    -I${FARM}/time -I${FARM}/base -I${FARM}/abi
    -shared -nostdlib -fuse-ld=lld-19 --ld-path=/usr/bin/ld.lld-19 -Wl,-soname=linux-vdso.so.1 -Wl,--hash-style=both
    -Wl,-Bsymbolic -Wl,--build-id=none -Wl,--eh-frame-hdr -Wl,--no-undefined -Wl,-z,noexecstack -Wl,-z,norelro
    -Wl,-T,${VDSO}/vdso.lds -Wl,--strip-all -MD -MF ${VDSO_OUT}/vdso.d -MT ${VDSO_OUT}/vdso.so
    -o ${VDSO_OUT}/vdso.so ${VDSO}/clocks_vdso.cc
  # An image that needs relocating would not work where it is mapped.
  COMMAND ${PYTHON} ${CMAKE_SOURCE_DIR}/tools/gen/check_vdso.py ${VDSO_OUT}/vdso.so
  DEPENDS ${VDSO}/clocks_vdso.cc ${VDSO}/vdso.lds ${CMAKE_SOURCE_DIR}/tools/gen/check_vdso.py
  DEPFILE ${VDSO_OUT}/vdso.d
  COMMENT "vDSO")
set_property(SOURCE ${VDSO}/image.S APPEND PROPERTY OBJECT_DEPENDS ${VDSO_OUT}/vdso.so)
set_property(SOURCE ${VDSO}/image.S APPEND PROPERTY COMPILE_OPTIONS -I${VDSO_OUT})
