# Functions that every folder's CMakeLists.txt uses, so that flags and output places are said once.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

find_program(VIDBENCH_CCACHE ccache)
if(VIDBENCH_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${VIDBENCH_CCACHE})
endif()
find_program(VIDBENCH_MOLD mold)
if(VIDBENCH_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_library(vidbench_flags INTERFACE)
target_compile_options(vidbench_flags INTERFACE -Wall -Wextra -Wpedantic -Werror
                       -Wno-missing-field-initializers  # designated initialisers leave defaults on purpose
                       # False alarms of GCC 12 on std::string + (bug 105651); the last two come with precompiled
                       # headers. The sanitisers watch for the real ones.
                       -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds)

# vidbench_add_folders(ROOT DIR...): adds each folder that has a CMakeLists.txt, in the given order.
function(vidbench_add_folders root)
  foreach(folder IN LISTS ARGN)
    if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${root}/${folder}/CMakeLists.txt)
      add_subdirectory(${root}/${folder})
    endif()
  endforeach()
endfunction()

# vidbench_precompiled(NAME HEADERS... LINK libs... [OPTIONS flags...]): headers that are parsed once for all targets
# that use them (vidbench_use_precompiled). The flags of such a target must be the same, else the compiler refuses.
function(vidbench_precompiled name)
  cmake_parse_arguments(ARG "" "" "HEADERS;LINK;OPTIONS" ${ARGN})
  add_library(${name} OBJECT ${CMAKE_SOURCE_DIR}/cmake/precompiled.cpp)
  target_link_libraries(${name} PRIVATE ${ARG_LINK} vidbench_flags)
  target_compile_options(${name} PRIVATE ${ARG_OPTIONS})
  target_precompile_headers(${name} PRIVATE ${ARG_HEADERS})
endfunction()

# vidbench_use_precompiled(TARGET common|cli|tests|torch): with the flags that those headers were compiled with, the
# definitions of fmt among them; libtorch brings an fmt of its own.
function(vidbench_use_precompiled target name)
  get_target_property(options vidbench_precompiled_${name} COMPILE_OPTIONS)
  if(options)
    target_compile_options(${target} PRIVATE ${options})
  endif()
  if(NOT name STREQUAL torch)
    target_link_libraries(${target} PRIVATE fmt::fmt)
  endif()
  target_precompile_headers(${target} REUSE_FROM vidbench_precompiled_${name})
endfunction()

# The headers that most files include, parsed once for each set of flags. Every file still includes what it uses: the
# fuzzers build without these.
function(vidbench_precompile_headers)
  set(common <algorithm> <cmath> <filesystem> <fmt/format.h> <functional> <map> <memory> <nlohmann/json.hpp> <optional>
      <string> <string_view> <vector>)
  set(libraries fmt::fmt nlohmann_json::nlohmann_json)
  vidbench_precompiled(vidbench_precompiled_common HEADERS ${common} LINK ${libraries})
  # CLI11 is nothing but headers, and nobody waits for the parsing of a command line.
  vidbench_precompiled(vidbench_precompiled_cli HEADERS ${common} <CLI/CLI.hpp> LINK ${libraries} CLI11::CLI11
                       OPTIONS -O1)
  if(VIDBENCH_TESTS)
    vidbench_precompiled(vidbench_precompiled_tests HEADERS ${common} <gtest/gtest.h> LINK ${libraries} GTest::gtest
                         OPTIONS -O1)
  endif()
  if(VIDBENCH_TORCH)
    vidbench_precompiled(vidbench_precompiled_torch HEADERS <ATen/ATen.h> LINK torch)
  endif()
endfunction()

# vidbench_library(FOLDER SOURCES... [LINK libs...] [PRECOMPILED common|cli|torch]): the library of src/FOLDER, included
# as "FOLDER/x.h". "torch" where its files include libtorch's headers.
function(vidbench_library folder)
  cmake_parse_arguments(ARG "" "PRECOMPILED" "SOURCES;LINK" ${ARGN})
  if(NOT ARG_PRECOMPILED)
    set(ARG_PRECOMPILED common)
  endif()
  add_library(vidbench_${folder} STATIC ${ARG_SOURCES})
  target_include_directories(vidbench_${folder} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(vidbench_${folder} PUBLIC ${ARG_LINK} PRIVATE vidbench_flags)
  vidbench_use_precompiled(vidbench_${folder} ${ARG_PRECOMPILED})
endfunction()

# vidbench_executable(NAME SOURCES... [LINK libs...])
function(vidbench_executable name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} vidbench_flags)
endfunction()

# vidbench_test(NAME SOURCES... [LINK libs...] [PRECOMPILED tests|torch] [TIMEOUT seconds]): a GoogleTest binary; each
# case becomes one ctest test. The tests themselves are little optimised: what they test is.
function(vidbench_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT;PRECOMPILED" "SOURCES;LINK" ${ARGN})
  if(NOT ARG_PRECOMPILED)
    set(ARG_PRECOMPILED tests)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  add_dependencies(vidbench_tests ${name})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} GTest::gtest_main vidbench_flags)
  target_compile_definitions(${name} PRIVATE VIDBENCH_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
                                             VIDBENCH_BIN_DIR="${CMAKE_BINARY_DIR}/bin")
  vidbench_use_precompiled(${name} ${ARG_PRECOMPILED})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  gtest_discover_tests(${name} TEST_PREFIX ${name}. DISCOVERY_TIMEOUT 60
                       PROPERTIES TIMEOUT ${ARG_TIMEOUT})
endfunction()

# libtorch comes from the pip wheel of the environment: the active one, else the project's .venv.
macro(vidbench_find_torch)
  if(NOT Torch_DIR)
    if(DEFINED ENV{VIRTUAL_ENV})
      set(environment $ENV{VIRTUAL_ENV})
    else()
      set(environment ${CMAKE_SOURCE_DIR}/.venv)
    endif()
    find_program(VIDBENCH_PYTHON NAMES python3 python PATHS ${environment}/bin NO_DEFAULT_PATH REQUIRED)
    execute_process(COMMAND ${VIDBENCH_PYTHON} -c "import torch; print(torch.utils.cmake_prefix_path)"
                    OUTPUT_VARIABLE torch_prefix OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
    list(APPEND CMAKE_PREFIX_PATH ${torch_prefix})
  endif()
  find_package(Torch REQUIRED)
  # Torch's own headers are not ours to warn about.
  set_target_properties(torch PROPERTIES INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${TORCH_INCLUDE_DIRS}")
endmacro()
