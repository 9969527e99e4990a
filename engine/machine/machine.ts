/**
 * What this process may use of the machine: processors and memory, as far as the system and containers allow, and how
 * many threads to compute with.
 */
import { readFileSync } from "node:fs";
import { availableParallelism, freemem, totalmem } from "node:os";
import { join } from "node:path";
import { cgroupLimits } from "./cgroup.ts";

export interface Machine {
  /**
   * Logical processors on which the process may run at the same time; below 1 when it has only a part of one's time.
   */
  processors: number;
  /** The fast ones of these on a machine with fast and slow cores; otherwise all. */
  fastProcessors: number;
  /** Bytes that the process can have at most; below, bytes that it can have now without swapping others out. */
  totalMemory: number;
  freeMemory: number;
}

/** The most threads that the native engine accepts (native/src/runtime/engine.cc). */
export const MOST_THREADS = 64;
/** When fewer than this share of the processors are fast, the slow ones together compute more. */
const ENOUGH_FAST = 0.5;

/** What the system reports; tests replace it. */
export interface System {
  /** Folder that stands for "/". */
  root: string;
  platform: NodeJS.Platform;
  /** The processors on which the process may run; below, the machine's memory in bytes. */
  processors: number;
  totalMemory: number;
  freeMemory: number;
}

function system(): System {
  return {
    root: "/",
    platform: process.platform,
    processors: availableParallelism(),
    totalMemory: totalmem(),
    freeMemory: freemem(),
  };
}

/**
 * Reads the machine's state anew, because free memory changes and a container's limits can be changed while it runs.
 */
export function readMachine(given: Partial<System> = {}): Machine {
  const { root, platform, processors: allowed, totalMemory, freeMemory } = { ...system(), ...given };
  if (platform !== "linux") return { processors: allowed, fastProcessors: allowed, totalMemory, freeMemory };
  const limits = cgroupLimits(root);
  const own = processorList(/^Cpus_allowed_list:\s*(\S+)/m.exec(read(root, "proc/self/status"))?.[1] ?? "");
  const all = own.length > 0 ? Math.min(allowed, own.length) : allowed;
  const processors = Math.min(all, limits.processors);
  return {
    processors,
    fastProcessors: Math.min(processors, fastOf(root, own)?.length ?? all),
    totalMemory: Math.min(totalMemory, limits.memory),
    freeMemory: Math.min(availableIn(read(root, "proc/meminfo")) ?? freeMemory, limits.freeMemory),
  };
}

/**
 * The number of threads that computes fastest without blocking the editor.
 *
 * All threads wait for one another several times per token. So a thread on a slow core, or one that the system pauses
 * because a container's time is used up, holds up the others. Where all processors are alike, one is left to the
 * editor; where enough are fast, the slow ones are left to it.
 *
 * @param wanted the setting; 0 means chosen here
 */
export function threadsFor({ processors, fastProcessors }: Machine, wanted = 0): number {
  if (wanted > 0) return Math.min(Math.max(1, Math.floor(wanted)), MOST_THREADS);
  const whole = Math.max(1, Math.floor(processors));
  const hasSlow = fastProcessors < whole;
  const chosen = hasSlow && fastProcessors >= ENOUGH_FAST * whole ? fastProcessors : whole - 1;
  return Math.min(Math.max(1, Math.floor(chosen)), MOST_THREADS);
}

/** The bytes that Linux reports as available: free, or free on demand. */
export function availableIn(meminfo: string): number | undefined {
  const kibibytes = /^MemAvailable:\s+(\d+) kB$/m.exec(meminfo)?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
}

/** The fast processors; undefined when all are alike. @param own processors of this process */
function fastOf(root: string, own: readonly number[]): number[] | undefined {
  const mayUse = (list: readonly number[]) => (own.length > 0 ? list.filter((one) => own.includes(one)) : [...list]);
  // Intel's hybrid processors have one performance counter for each kind of core.
  const core = processorList(read(root, "sys/devices/cpu_core/cpus"));
  const atom = processorList(read(root, "sys/devices/cpu_atom/cpus"));
  if (core.length > 0 && atom.length > 0) return mayUse(core);
  // ARM systems report how much each core computes, as a share of 1024.
  const online = processorList(read(root, "sys/devices/system/cpu/online"));
  const cpus = online.length > 0 ? online : processorList(read(root, "sys/devices/system/cpu/present"));
  const capacity = new Map(
    mayUse(cpus).map((cpu) => [cpu, Number(read(root, `sys/devices/system/cpu/cpu${cpu}/cpu_capacity`))]),
  );
  const greatest = Math.max(0, ...capacity.values());
  // Cores of the same kind differ by a few hundredths.
  const fast = [...capacity].filter(([, value]) => value >= 0.8 * greatest).map(([cpu]) => cpu);
  return greatest > 0 && fast.length < capacity.size ? fast : undefined;
}

/** More than Linux can have; a greater number is none of a processor. */
const MOST_PROCESSORS = 8192;

/** Parses a list such as "0-3,8". */
export function processorList(text: string): number[] {
  const all = text
    .trim()
    .split(",")
    .flatMap((part) => {
      const [, first, last] = /^(\d+)(?:-(\d+))?$/.exec(part.trim()) ?? [];
      if (first === undefined) return [];
      const end = Math.min(Number(last ?? first), MOST_PROCESSORS - 1);
      return Array.from({ length: Math.max(0, end - Number(first) + 1) }, (_, i) => Number(first) + i);
    });
  return [...new Set(all)];
}

function read(root: string, path: string): string {
  try {
    return readFileSync(join(root, path), "utf8");
  } catch {
    return "";
  }
}
