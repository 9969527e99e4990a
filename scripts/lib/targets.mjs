/**
 * The systems that prebuilt addons are made for, by the names that VS Code, Node and prebuild-install have for them.
 *
 * "alpine" is VS Code's name for Linux with musl as its C library. `zig` is what Zig calls the system: glibc 2.28 is that of Debian 10 and RHEL 8, the oldest that VS Code's server runs
 * on. `cpu` is what every such processor has; better instructions are chosen when the addon runs. Clang wants "evex512"
 * for files compiled for AVX-512, and Zig forbids it unless named; alone it allows no instruction.
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

/** All of them are built on one machine; which can be run there is test/packages' affair. */
export const DEFAULT_TARGETS = Object.keys(TARGETS);
