/**
 * The limits that Linux's control groups set for a process. Containers, systemd's slices and job schedulers limit
 * processors and memory in this way, and the usual figures of the machine do not show it. Both versions are read, and
 * the groups around a group count as well. The format is in the kernel's documentation: admin-guide/cgroup-v1 and
 * cgroup-v2.rst.
 */
import { readFileSync } from "node:fs";
import { posix } from "node:path";

export interface CgroupLimits {
  /** How many processors' time it may use, for example 1.5; Infinity without a limit. */
  processors: number;
  /** Bytes; Infinity without a limit. */
  memory: number;
  /** Bytes below the memory limit that are not in use; Infinity without a limit. */
  freeMemory: number;
}

export const UNLIMITED: CgroupLimits = {
  processors: Number.POSITIVE_INFINITY,
  memory: Number.POSITIVE_INFINITY,
  freeMemory: Number.POSITIVE_INFINITY,
};

/** In version 1 a larger value means that there is no limit: it writes the greatest multiple of a page. */
const NO_LIMIT = 2 ** 60;
const MOUNT = "sys/fs/cgroup";
/** The kernel's period in microseconds where a quota comes without one. */
const USUAL_PERIOD = 100_000;

/** @param root folder that stands for "/"; tests use another one */
export function cgroupLimits(root: string): CgroupLimits {
  const lines = read(root, "proc/self/cgroup").split(/\r?\n/);
  const groups = lines.flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    return controllers === undefined || path === undefined ? [] : [{ controllers, path }];
  });
  // Some sandboxes do not tell the groups of a process. The limits of the outermost ones can still be seen.
  if (groups.length === 0) {
    groups.push(...["", "cpu,cpuacct", "memory"].map((controllers) => ({ controllers, path: "/" })));
  }
  let limits = UNLIMITED;
  for (const { controllers, path } of groups) {
    const found = controllers === "" ? unified(root, path) : byController(root, controllers, path);
    limits = tighter(limits, found);
  }
  return limits;
}

/** Version 2: one tree for all controllers. Where version 1 runs beside it, this tree has no limits. */
function unified(root: string, path: string): CgroupLimits {
  // Where version 1 has the usual place, systemd mounts the tree of version 2 beside it.
  return levels(path)
    .flatMap((level) => [posix.join(MOUNT, level), posix.join(MOUNT, "unified", level)])
    .map((folder): CgroupLimits => {
      const [quota = "max", period = USUAL_PERIOD] = read(root, `${folder}/cpu.max`).trim().split(/\s+/);
      const memory = [`${folder}/memory.max`, `${folder}/memory.high`].map((file) => limit(read(root, file)));
      const used = Number(read(root, `${folder}/memory.current`)) - inactive(read(root, `${folder}/memory.stat`));
      return limitsOf(Number(quota) / Number(period), Math.min(...memory), used);
    })
    .reduce(tighter, UNLIMITED);
}

/** Version 1: one tree for each controller, or for a few together. */
function byController(root: string, controllers: string, path: string): CgroupLimits {
  const names = controllers.split(",");
  // The folder need not have the controllers' names in this order; there is a link for each of them. In a container the
  // group is mounted as the root of its tree, whatever its path is outside.
  const trees = [...new Set([controllers, ...names, names.toReversed().join(",")])];
  const folders = trees.flatMap((tree) => [...levels(path), ""].map((level) => posix.join(MOUNT, tree, level)));
  const all = folders.map((folder): CgroupLimits => {
    const quota = names.includes("cpu") ? Number(read(root, `${folder}/cpu.cfs_quota_us`)) : 0;
    const period = names.includes("cpu") ? Number(read(root, `${folder}/cpu.cfs_period_us`)) || USUAL_PERIOD : 1;
    if (!names.includes("memory")) return limitsOf(quota / period, Number.POSITIVE_INFINITY, 0);
    const stat = read(root, `${folder}/memory.stat`);
    // The limit of groups further out, which a container cannot see.
    const outer = /^hierarchical_memory_limit (\d+)$/m.exec(stat)?.[1] ?? "";
    const memory = Math.min(limit(read(root, `${folder}/memory.limit_in_bytes`)), limit(outer));
    return limitsOf(quota / period, memory, Number(read(root, `${folder}/memory.usage_in_bytes`)) - inactive(stat));
  });
  return all.reduce(tighter, UNLIMITED);
}

function limitsOf(processors: number, memory: number, used: number): CgroupLimits {
  return {
    processors: processors > 0 ? processors : Number.POSITIVE_INFINITY,
    memory,
    freeMemory: Number.isFinite(memory) ? Math.max(0, memory - Math.max(0, used || 0)) : Number.POSITIVE_INFINITY,
  };
}

function tighter(one: CgroupLimits, other: CgroupLimits): CgroupLimits {
  return {
    processors: Math.min(one.processors, other.processors),
    memory: Math.min(one.memory, other.memory),
    freeMemory: Math.min(one.freeMemory, other.freeMemory),
  };
}

/** A group's path and those of the groups around it, the root last. */
function levels(path: string): string[] {
  const found = [posix.normalize(path)];
  while (found.at(-1) !== "/" && found.at(-1) !== ".") found.push(posix.dirname(found.at(-1) ?? "/"));
  return found;
}

function limit(text: string): number {
  const bytes = Number(text.trim() || "max");
  return bytes > 0 && bytes < NO_LIMIT ? bytes : Number.POSITIVE_INFINITY;
}

/** Memory of cached files, which the kernel drops when memory is needed. */
function inactive(stat: string): number {
  return Number(/^(?:total_)?inactive_file (\d+)$/m.exec(stat)?.[1] ?? 0);
}

function read(root: string, path: string): string {
  try {
    return readFileSync(posix.join(root, path), "utf8");
  } catch {
    return "";
  }
}
