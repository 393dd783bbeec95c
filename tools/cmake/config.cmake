# Kconfig: kernel/Kconfig with kernel/configs/PRESET.config gives config.h and config.cmake in the build folder.
# Edit by hand with `./linnet menuconfig PRESET`, which writes build/PRESET/.config.
find_program(PYTHON NAMES /usr/bin/python3 python3 REQUIRED)
set(KCONFIG_OUT ${CMAKE_BINARY_DIR}/config)
file(MAKE_DIRECTORY ${KCONFIG_OUT}/generated)
execute_process(
  COMMAND ${PYTHON} ${CMAKE_SOURCE_DIR}/tools/kconfig/genconfig.py
    --kconfig ${CMAKE_SOURCE_DIR}/kernel/Kconfig
    --defaults ${CMAKE_SOURCE_DIR}/kernel/configs/${LINNET_PRESET}.config
    --config ${CMAKE_BINARY_DIR}/.config
    --header ${KCONFIG_OUT}/generated/config.h
    --cmake ${KCONFIG_OUT}/config.cmake
  COMMAND_ERROR_IS_FATAL ANY)
include(${KCONFIG_OUT}/config.cmake)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
  ${CMAKE_SOURCE_DIR}/kernel/Kconfig ${CMAKE_SOURCE_DIR}/kernel/configs/${LINNET_PRESET}.config
  ${CMAKE_SOURCE_DIR}/tools/kconfig/genconfig.py ${CMAKE_BINARY_DIR}/.config)
