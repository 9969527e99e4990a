/**
 * The systems for which there are prebuilt addons, by the names that VS Code, Node and prebuild-install use.
 *
 * "alpine" is VS Code's name for Linux with musl as its C library. `zig` is Zig's name of the system; glibc 2.28 is the
 * version in Debian 10 and RHEL 8, the oldest systems that VS Code's server supports. `cpu` has only what every such
 * processor has; better instructions are chosen when the addon runs. Clang needs "evex512" in files compiled for
 * AVX-512, and Zig forbids it unless it is named here; it enables no instruction by itself.
 *
 * @type {Readonly<Record<string, {zig: string, cpu: string}>>}
 */
export const TARGETS = {
  "linux-x64": { zig: "x86_64-linux-gnu.2.28", cpu: "baseline+evex512" },
  "linux-arm64": { zig: "aarch64-linux-gnu.2.28", cpu: "baseline" },
  "alpine-x64": { zig: "x86_64-linux-musl", cpu: "baseline+evex512" },
  "alpine-arm64": { zig: "aarch64-linux-musl", cpu: "baseline" },
  "win32-x64": { zig: "x86_64-windows-gnu", cpu: "baseline+evex512" },
  "win32-arm64": { zig: "aarch64-windows-gnu", cpu: "baseline" },
  "darwin-x64": { zig: "x86_64-macos.11.0", cpu: "baseline+evex512" },
  "darwin-arm64": { zig: "aarch64-macos.11.0", cpu: "baseline" },
};

/** All of them are built on one machine. test/packages knows which of them can be run there. */
export const DEFAULT_TARGETS = Object.keys(TARGETS);
