/**
 * The C++ tests on CPUs that this machine does not have, by QEMU: each kernel set, the choice between them, and that
 * nothing else of the program needs more than the plainest CPU of its kind.
 */
import { which } from "./process.mjs";

/** On an ARM machine the tests run on the CPU itself. */
export const isArm = process.arch === "arm64";

/**
 * QEMU's CPUs, the kernel sets that must be found there, and which tests run (those with `only` in their name): AVX2 is
 * slow there, and every x86 machine has it. QEMU knows no AVX-512.
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
