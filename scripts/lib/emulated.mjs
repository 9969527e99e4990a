/**
 * Runs the C++ tests under QEMU on CPUs that this machine does not have. They test each kernel set and the choice
 * between them, and show that nothing else in the program needs more than the simplest CPU of its kind.
 */
import { which } from "./process.mjs";

/** On an ARM machine the tests run on the CPU itself. */
export const isArm = process.arch === "arm64";

/**
 * The CPUs that QEMU emulates, the kernel sets that must be found there, and which tests run (those with `only` in
 * their name). AVX2 is left out, because it is slow there and every x86 machine has it. QEMU cannot emulate AVX-512.
 */
export const CPUS = [
  { cpu: "max", architecture: "aarch64", kernels: "scalar neon neondot" },
  { cpu: "cortex-a72", architecture: "aarch64", kernels: "scalar neon" },
  { cpu: "Nehalem", architecture: "x86_64", kernels: "scalar" },
  { cpu: "Haswell", architecture: "x86_64", kernels: "scalar avx2", only: "kernel_set" },
];

export function findCompiler() {
  return which("aarch64-linux-gnu-g++");
}

/** @param {string} architecture */
export function findEmulator(architecture) {
  return which(`qemu-${architecture}`) ?? which(`qemu-${architecture}-static`);
}
