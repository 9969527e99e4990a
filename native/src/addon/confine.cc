#include "addon/confine.h"

#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__))

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>

namespace sterna {
namespace {

#if defined(__x86_64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#else
constexpr uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#endif

constexpr std::array kRefused = {
    // start other programs
    SYS_execve, SYS_execveat,
    // listen at ports
    SYS_listen,
    // look into other processes
    SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev,
    // change the system
    SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_mount, SYS_umount2, SYS_pivot_root,
    SYS_chroot, SYS_setns, SYS_unshare, SYS_kexec_load, SYS_init_module, SYS_finit_module,
    SYS_delete_module, SYS_add_key, SYS_request_key, SYS_keyctl};

// x86-64 has a second set of numbers for the same calls (the x32 ABI); none of them is allowed.
constexpr uint32_t kForeignNumbers = 0x40000000;

constexpr uint32_t kRefuse = SECCOMP_RET_ERRNO | EPERM;

}  // namespace

std::string confine_process() {
  constexpr size_t kHead = 4;
  constexpr size_t kSize = kHead + kRefused.size() + 2;
  static_assert(kSize < 256, "jumps are bytes");
  std::array<sock_filter, kSize> filter;
  const auto load = [](size_t offset) -> sock_filter {
    return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(offset));
  };
  // The program ends with two return statements: the last but one allows the call, the last refuses
  // it. Gives the length of the jump from statement `at` to the refusal.
  const auto to_refusal = [](size_t at) { return static_cast<uint8_t>(kSize - 1 - (at + 1)); };
  filter[0] = load(offsetof(seccomp_data, arch));
  filter[1] = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 0, to_refusal(1));
  filter[2] = load(offsetof(seccomp_data, nr));
  filter[3] = BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, kForeignNumbers, to_refusal(3), 0);
  for (size_t i = 0; i < kRefused.size(); ++i) {
    filter[kHead + i] = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(kRefused[i]),
                                 to_refusal(kHead + i), 0);
  }
  filter[kSize - 2] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  filter[kSize - 1] = BPF_STMT(BPF_RET | BPF_K, kRefuse);
  const sock_fprog program = {static_cast<unsigned short>(filter.size()), filter.data()};

  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return std::string("no_new_privs: ") + std::strerror(errno);
  }
  const long result =
      syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
  if (result < 0) return std::string("seccomp: ") + std::strerror(errno);
  if (result > 0) return "seccomp: thread " + std::to_string(result) + " has a filter of its own";
  return "";
}

}  // namespace sterna

#else

namespace sterna {
std::string confine_process() { return "this system has no seccomp"; }
}  // namespace sterna

#endif
