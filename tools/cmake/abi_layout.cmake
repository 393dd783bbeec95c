# The ABI headers against the host's: tables made by tools/gen/abi_layout.py, compared by abi/linux/layout_test.cc.
set(LAYOUT ${CMAKE_BINARY_DIR}/abi_layout)
set(LAYOUT_SOURCES "")
foreach(table ours host0 host1 host2 host3 host4 host5)
  list(APPEND LAYOUT_SOURCES ${LAYOUT}/abi_layout_${table}.cc)
endforeach()
file(GLOB abi_headers CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/abi/linux/*.h)
add_custom_command(
  OUTPUT ${LAYOUT_SOURCES} ${LAYOUT}/abi_layout_tables.h
  COMMAND ${PYTHON} ${CMAKE_SOURCE_DIR}/tools/gen/abi_layout.py ${CMAKE_CXX_COMPILER} ${CMAKE_SOURCE_DIR}/abi/linux ${LAYOUT}
  DEPENDS ${abi_headers} ${CMAKE_SOURCE_DIR}/tools/gen/abi_layout.py
  COMMENT "ABI layout tables")
add_executable(test_abi ${CMAKE_SOURCE_DIR}/abi/linux/layout_test.cc ${LAYOUT_SOURCES})
target_compile_options(test_abi PRIVATE -std=gnu++23 -w)
target_include_directories(test_abi PRIVATE ${FARM}/abi ${LAYOUT})
target_link_libraries(test_abi PRIVATE GTest::gtest GTest::gtest_main)
add_test(NAME abi COMMAND test_abi)
add_dependencies(host_tests test_abi)
