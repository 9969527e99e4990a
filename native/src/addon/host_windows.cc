// On Windows an addon looks up Node's functions in a file called node.exe, but VS Code's program
// has another name. So the pointers that the linker would fill in from node.exe are defined here,
// and are looked up in whatever program has loaded the addon.
#ifdef _WIN32
#include <windows.h>

#include <cstdio>
#include <cstdlib>

namespace sterna {
namespace {

[[noreturn]] void missing() {
  std::fputs("Sterna's engine: this program lacks a function of Node-API 8.\n", stderr);
  std::abort();
}

}  // namespace
}  // namespace sterna

// The declarations say dllimport, so the compiler calls the functions through pointers named
// __imp_NAME.
#define STERNA_HOST_FUNCTION(name)                               \
  extern "C" FARPROC sterna_host_##name __asm__("__imp_" #name); \
  FARPROC sterna_host_##name = reinterpret_cast<FARPROC>(&sterna::missing);
#include "addon/node_api_functions.inc"
#undef STERNA_HOST_FUNCTION

namespace sterna {
namespace {

struct HostFunction {
  const char* name;
  FARPROC* pointer;
};

constexpr HostFunction kFunctions[] = {
#define STERNA_HOST_FUNCTION(name) {#name, &sterna_host_##name},
#include "addon/node_api_functions.inc"
#undef STERNA_HOST_FUNCTION
};

// Runs while the addon is being loaded, before Node calls it.
const bool resolved = [] {
  // Some programs have Node as a library of its own.
  HMODULE host = GetModuleHandleW(L"libnode.dll");
  if (!host) host = GetModuleHandleW(nullptr);
  for (const HostFunction& function : kFunctions) {
    if (FARPROC found = GetProcAddress(host, function.name)) *function.pointer = found;
  }
  return true;
}();

}  // namespace
}  // namespace sterna
#endif
