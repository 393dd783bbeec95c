# Sources made from abi/linux/syscalls.def: dispatch table, prototypes, strace decoder data.
set(GENERATED ${CMAKE_BINARY_DIR}/generated)
file(MAKE_DIRECTORY ${GENERATED}/generated)
set(SYSCALLS_DEF ${CMAKE_SOURCE_DIR}/abi/linux/syscalls.def)
set(SYSCALLS_GEN ${CMAKE_SOURCE_DIR}/tools/gen/syscalls.py)
set(GENERATED_SOURCES "")
if(EXISTS ${SYSCALLS_DEF} AND EXISTS ${SYSCALLS_GEN})
  set(outputs syscall_prototypes.h syscall_dispatch.cc syscall_decode.cc)
  list(TRANSFORM outputs PREPEND ${GENERATED}/generated/)
  add_custom_command(
    OUTPUT ${outputs}
    COMMAND ${PYTHON} ${SYSCALLS_GEN} kernel ${SYSCALLS_DEF} ${GENERATED}/generated
    DEPENDS ${SYSCALLS_DEF} ${SYSCALLS_GEN}
    COMMENT "System calls: dispatch, prototypes and decoder from syscalls.def")
  add_custom_target(generated_headers DEPENDS ${outputs})
  set(GENERATED_SOURCES ${GENERATED}/generated/syscall_dispatch.cc ${GENERATED}/generated/syscall_decode.cc)
endif()
# The console's font, from Debian's console-setup-linux.
set(CONSOLE_FONT /usr/share/consolefonts/Uni2-Terminus16.psf.gz)
if(NOT EXISTS ${CONSOLE_FONT})
  message(FATAL_ERROR "No font ${CONSOLE_FONT}: install the package console-setup-linux (tools/setup does)")
endif()
if(${CMAKE_SOURCE_DIR}/tools/gen/font.py IS_NEWER_THAN ${GENERATED}/generated/font.h)
  execute_process(
    COMMAND ${PYTHON} ${CMAKE_SOURCE_DIR}/tools/gen/font.py ${CONSOLE_FONT} ${GENERATED}/generated/font.h
    COMMAND_ERROR_IS_FATAL ANY)
endif()
