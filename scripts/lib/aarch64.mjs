/**
 * The C++ tests on a CPU that an x86 machine is not: cross-compiled for 64-bit ARM and run by QEMU, once with
 * everything that ARM has and once without dot products, so that each kernel set and the choice between them is proved.
 */
import { which } from "./process.mjs";

/** On an ARM machine the tests run on the CPU itself. */
export const isArm = process.arch === "arm64";

/** QEMU's CPUs, and the kernel sets that must be found there. */
export const CPUS = [
  { cpu: "max", kernels: "scalar neon neondot" },
  { cpu: "cortex-a72", kernels: "scalar neon" },
];

export function findCompiler() {
  return which("aarch64-linux-gnu-g++");
}

export function findEmulator() {
  return which("qemu-aarch64") ?? which("qemu-aarch64-static");
}
