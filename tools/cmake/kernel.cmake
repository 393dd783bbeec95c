# The kernel: one object library a floor, linked into one position-independent ELF.
set(KERNEL_FLAGS
  -include ${CMAKE_SOURCE_DIR}/base/prelude.h
  -ffreestanding -fno-exceptions -fno-rtti -fno-threadsafe-statics -fno-c++-static-destructors -fno-asynchronous-unwind-tables
  -mno-sse -mno-mmx -mno-avx -mno-red-zone -mcx16 -mpopcnt -fPIE -fvisibility=hidden -fno-plt
  -fno-strict-aliasing -fno-delete-null-pointer-checks -ftrivial-auto-var-init=zero
  -fno-omit-frame-pointer -mno-omit-leaf-frame-pointer
  -fstack-protector-strong -mstack-protector-guard=tls -mstack-protector-guard-reg=gs -mstack-protector-guard-offset=40
  -ffile-prefix-map=${CMAKE_SOURCE_DIR}/= -g -fdata-sections -ffunction-sections
  -D_GLIBCXX_ASSERTIONS=1
  -Wall -Wextra -Werror -Wshadow -Wimplicit-fallthrough -Wnon-virtual-dtor -Woverloaded-virtual
  -Wno-unused-parameter -Wno-missing-field-initializers -Wthread-safety -Wvla)
set(KERNEL_FLAGS_release -O2)
set(KERNEL_FLAGS_debug -O1)
set(KERNEL_FLAGS_kasan -O1)
set(KERNEL_FLAGS_coverage -O1)
if(CONFIG_KCFI)
  list(APPEND KERNEL_FLAGS $<$<COMPILE_LANGUAGE:CXX>:-fsanitize=kcfi>)
endif()
if(CONFIG_UBSAN)
  list(APPEND KERNEL_FLAGS $<$<COMPILE_LANGUAGE:CXX>:-fsanitize=undefined>
    $<$<COMPILE_LANGUAGE:CXX>:-fno-sanitize=function,vptr,alignment>)
endif()
# Outline checks only: the shadow is read by calls, so code before the shadow exists works (memory/kasan).
set(KASAN_FLAGS -fsanitize=kernel-address -mllvm -asan-mapping-offset=0xdffffc0000000000
  -mllvm -asan-instrumentation-with-call-threshold=0 -mllvm -asan-stack=1 -mllvm -asan-globals=0
  -mllvm -asan-max-inline-poisoning-size=0)
# A counter for each edge, and a table of where they are (main/coverage). The constructors that come along are dropped by
# the linker script.
set(COVERAGE_FLAGS -fsanitize-coverage=edge,inline-8bit-counters,pc-table)

function(kernel_target target trust)
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-std=gnu++23>
    ${KERNEL_FLAGS} ${KERNEL_FLAGS_${LINNET_PRESET}})
  target_include_directories(${target} PRIVATE ${KCONFIG_OUT})
  if(trust STREQUAL checked)
    target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-Wunsafe-buffer-usage>)
  endif()
endfunction()

include(${CMAKE_SOURCE_DIR}/tools/cmake/vdso.cmake)
include(${CMAKE_SOURCE_DIR}/tools/cmake/trust.cmake)
set(KERNEL_OBJECTS "")
file(GLOB_RECURSE base_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/base/*.cc)
list(FILTER base_sources EXCLUDE REGEX "_test\\.cc$|_host\\.cc$")
if(base_sources)
  check_sources(base ${CMAKE_SOURCE_DIR}/base "${base_sources}" base_headers)
  add_library(k_base OBJECT ${base_sources} ${base_headers})
  target_include_directories(k_base PRIVATE ${FARM}/base ${FARM}/abi)
  kernel_target(k_base trusted)
  list(APPEND KERNEL_OBJECTS $<TARGET_OBJECTS:k_base>)
endif()

foreach(name ${LINNET_FLOORS})
  set(path ${CMAKE_SOURCE_DIR}/${FLOOR_${name}_PATH})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${path}/*.cc ${path}/*.S)
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$|_host\\.cc$|_vdso\\.(cc|S)$")
  if(NOT CONFIG_KTAP)
    list(FILTER sources EXCLUDE REGEX "_ktap\\.cc$")
  endif()
  if(NOT CONFIG_KASAN)
    list(FILTER sources EXCLUDE REGEX "/kasan/.*\\.cc$")
  endif()
  if(NOT CONFIG_COVERAGE)
    list(FILTER sources EXCLUDE REGEX "/coverage/.*\\.cc$")
  endif()
  if(NOT CONFIG_UBSAN)
    list(FILTER sources EXCLUDE REGEX "/ubsan/.*\\.cc$")
  endif()
  if(name STREQUAL linux)
    list(APPEND sources ${GENERATED_SOURCES})
  endif()
  if(NOT sources)
    continue()
  endif()
  check_sources(${name} ${path} "${sources}" headers)
  add_library(k_${name} OBJECT ${sources} ${headers})
  target_include_directories(k_${name} PRIVATE ${FARM}/${name})
  foreach(below ${FLOOR_${name}_BELOW})
    if(below STREQUAL generated)
      target_include_directories(k_${name} PRIVATE ${GENERATED})
      if(TARGET generated_headers)
        add_dependencies(k_${name} generated_headers)
      endif()
    else()
      # Headers of the trusted base are no business of a checked floor's unsafe-buffer warnings.
      if(below MATCHES "^(abi|base)$" OR FLOOR_${below}_TRUST STREQUAL trusted)
        target_include_directories(k_${name} SYSTEM PRIVATE ${FARM}/${below})
      else()
        target_include_directories(k_${name} PRIVATE ${FARM}/${below})
      endif()
    endif()
  endforeach()
  kernel_target(k_${name} ${FLOOR_${name}_TRUST})
  if(CONFIG_KASAN)
    foreach(source ${sources})
      # Code that runs before the shadow exists, or that the shadow's checks call, stays uninstrumented.
      if(NOT source MATCHES "\\.S$|/kasan/|/ubsan/|/arch/x86_64/boot/")
        set_property(SOURCE ${source} APPEND PROPERTY COMPILE_OPTIONS ${KASAN_FLAGS})
      endif()
    endforeach()
  endif()
  if(CONFIG_COVERAGE)
    foreach(source ${sources})
      # Not what runs before memory is set up, at each entry, or for the checks themselves: it says nothing of calls.
      if(NOT source MATCHES "\\.S$|/kasan/|/ubsan/|/coverage/|/arch/x86_64/|_ktap\\.cc$")
        set_property(SOURCE ${source} APPEND PROPERTY COMPILE_OPTIONS ${COVERAGE_FLAGS})
      endif()
    endforeach()
  endif()
  list(APPEND KERNEL_OBJECTS $<TARGET_OBJECTS:k_${name}>)
endforeach()
# The boot code runs before the GS base and the relocations exist.
foreach(name ${LINNET_FLOORS})
  file(GLOB_RECURSE boot_sources ${CMAKE_SOURCE_DIR}/kernel/arch/x86_64/boot/*.cc)
  set_property(SOURCE ${boot_sources} APPEND PROPERTY COMPILE_OPTIONS -fno-stack-protector -fno-sanitize=kcfi,undefined)
endforeach()

set(LINKER_SCRIPT ${CMAKE_SOURCE_DIR}/kernel/arch/x86_64/linnet.lds)
set(ELF ${CMAKE_BINARY_DIR}/linnet.elf)
if(EXISTS ${CMAKE_SOURCE_DIR}/kernel/main/start.cc)
  # Linked twice: the symbol table for backtraces is made from the first link (tools/gen/symbols.py) and sits in
  # a section of its own at the end of the image, so that addresses do not move between the two.
  set(LINK_FLAGS -fuse-ld=lld-19 --ld-path=/usr/bin/ld.lld-19 -nostdlib -static-pie -Wl,-pie -Wl,--no-dynamic-linker
    -Wl,-z,max-page-size=4096 -Wl,-z,noexecstack -Wl,--pack-dyn-relocs=relr -Wl,--build-id=none -Wl,--gc-sections
    -Wl,-T,${LINKER_SCRIPT} -Wl,--orphan-handling=error)
  set(SYMBOLS_GEN ${CMAKE_SOURCE_DIR}/tools/gen/symbols.py)
  file(WRITE ${CMAKE_BINARY_DIR}/symbols0.S ".section .ksymbols, \"a\"\n.balign 8\n.quad 0\n")
  add_custom_command(
    OUTPUT ${ELF}
    COMMAND ${CMAKE_CXX_COMPILER} ${LINK_FLAGS} -o ${ELF}.0 ${KERNEL_OBJECTS} ${CMAKE_BINARY_DIR}/symbols0.S
    COMMAND ${PYTHON} ${SYMBOLS_GEN} ${ELF}.0 ${CMAKE_BINARY_DIR}/symbols1.S
    COMMAND ${CMAKE_CXX_COMPILER} ${LINK_FLAGS} -o ${ELF} ${KERNEL_OBJECTS} ${CMAKE_BINARY_DIR}/symbols1.S
    DEPENDS ${KERNEL_OBJECTS} ${LINKER_SCRIPT} ${SYMBOLS_GEN}
    COMMAND_EXPAND_LISTS VERBATIM
    COMMENT "Linking linnet.elf")
  add_custom_target(kernel ALL DEPENDS ${ELF})
endif()
