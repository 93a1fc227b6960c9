# The two ways to make something here: a module (one static library per folder of src/) and a test.

# Flags of every target of ours.
add_library(segmentd_options INTERFACE)
target_compile_features(segmentd_options INTERFACE cxx_std_20)
target_include_directories(segmentd_options INTERFACE ${PROJECT_SOURCE_DIR}/include)
target_compile_options(segmentd_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -fno-omit-frame-pointer)
if(SEGMENTD_WERROR)
  target_compile_options(segmentd_options INTERFACE -Werror)
endif()
if(SEGMENTD_SANITIZE)
  target_compile_options(segmentd_options INTERFACE -fsanitize=${SEGMENTD_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(segmentd_options INTERFACE -fsanitize=${SEGMENTD_SANITIZE})
endif()

# segmentd_module(NAME SRCS a.cc ... DEPS segmentd::other ... PRIVATE library ...)
# Sources are relative to src/NAME. DEPS are our modules, PRIVATE the module's own libraries.
function(segmentd_module name)
  cmake_parse_arguments(ARG "" "" "SRCS;DEPS;PRIVATE" ${ARGN})
  list(TRANSFORM ARG_SRCS PREPEND ${PROJECT_SOURCE_DIR}/src/${name}/)
  add_library(segmentd_${name} STATIC ${ARG_SRCS})
  add_library(segmentd::${name} ALIAS segmentd_${name})
  target_include_directories(segmentd_${name} PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(segmentd_${name} PUBLIC segmentd_options ${ARG_DEPS} PRIVATE ${ARG_PRIVATE})
endfunction()

# segmentd_test(NAME LABEL label SRCS a_test.cc ... DEPS ... [SERIAL] [TIMEOUT s])
# One binary per module; ctest runs each case of it on its own.
function(segmentd_test name)
  cmake_parse_arguments(ARG "SERIAL" "LABEL;TIMEOUT" "SRCS;DEPS" ${ARGN})
  add_executable(${name}_test ${ARG_SRCS})
  target_include_directories(${name}_test PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${name}_test PRIVATE segmentd_options ${ARG_DEPS} GTest::gtest GTest::gmock GTest::gtest_main)
  # Cases run once: optimising them costs more than it brings. What they test keeps its own flags.
  target_compile_options(${name}_test PRIVATE $<$<CONFIG:Debug>:-O0>)
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_test(NAME ${name} COMMAND ${name}_test)
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABEL}" TIMEOUT ${ARG_TIMEOUT})
  if(ARG_SERIAL)
    set_tests_properties(${name} PROPERTIES RUN_SERIAL TRUE)
  endif()
endfunction()

# Tells a test where the public data sets are when SEGMENTD_DATA does not say.
function(segmentd_needs_data name)
  target_compile_definitions(${name}_test PRIVATE
    SEGMENTD_DATA_DEFAULT="${PROJECT_SOURCE_DIR}/../shared/data")
endfunction()
