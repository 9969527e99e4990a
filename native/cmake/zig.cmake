# Toolchain: clang and the C++ runtime of Zig, which compiles for every system from any other. The prebuilt addons come
# from it. ZIG: the program; ZIG_TARGET: architecture, system, and for Linux the oldest glibc; ZIG_CPU: the baseline.
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES ZIG ZIG_TARGET ZIG_CPU)
if(NOT ZIG_TARGET MATCHES "^(x86_64|aarch64)-(linux|windows|macos)")
  message(FATAL_ERROR "ZIG_TARGET is \"${ZIG_TARGET}\": x86_64 or aarch64, then linux, windows or macos, is expected")
endif()
set(CMAKE_SYSTEM_PROCESSOR ${CMAKE_MATCH_1})
if(CMAKE_MATCH_2 STREQUAL "linux")
  set(CMAKE_SYSTEM_NAME Linux)
elseif(CMAKE_MATCH_2 STREQUAL "windows")
  set(CMAKE_SYSTEM_NAME Windows)
else()
  set(CMAKE_SYSTEM_NAME Darwin)
endif()
set(CMAKE_CXX_COMPILER ${ZIG} c++ -target ${ZIG_TARGET} -mcpu=${ZIG_CPU})
# It takes the names of CPUs and their features only.
set(NEONDOT_FLAGS "-mcpu=${ZIG_CPU}+dotprod")
# D: no times in the archive. It has its index at once.
set(CMAKE_CXX_ARCHIVE_CREATE "\"${ZIG}\" ar qcsD <TARGET> <OBJECTS>")
set(CMAKE_CXX_ARCHIVE_APPEND "\"${ZIG}\" ar qsD <TARGET> <OBJECTS>")
set(CMAKE_CXX_ARCHIVE_FINISH "")
# Headers of the system that compiles are not those of the system compiled for.
set(CMAKE_FIND_ROOT_PATH ${CMAKE_CURRENT_LIST_DIR})
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
