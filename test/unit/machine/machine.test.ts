import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { cacheBudget } from "../../../engine/backend/memoryBudget.ts";
import { addonAdvice } from "../../../engine/machine/addonAdvice.ts";
import { freeIn } from "../../../engine/machine/freeSpace.ts";
import { availableIn, processorList, readMachine, threadsFor } from "../../../engine/machine/machine.ts";

const GIB = 2 ** 30;
const V2 = "0::/\n";
const V1 = "12:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n3:cpuset:/docker/abc\n0::/docker/abc\n";

interface Case {
  what: string;
  files: Record<string, string>;
  /** The real machine: 16 processors and 64 GiB by default. */
  processors?: number;
  expected: {
    processors?: number;
    fastProcessors?: number;
    totalMemory?: number;
    freeMemory?: number;
    threads: number;
  };
}

const MEMINFO = { "proc/meminfo": `MemTotal: 67108864 kB\nMemFree: 1024 kB\nMemAvailable: 33554432 kB\n` };

const CASES: Case[] = [
  {
    what: "a machine without limits",
    files: { ...MEMINFO, "proc/self/cgroup": V2, "proc/self/status": "Cpus_allowed_list:\t0-15\n" },
    expected: { processors: 16, fastProcessors: 16, totalMemory: 64 * GIB, freeMemory: 32 * GIB, threads: 15 },
  },
  {
    what: "a container of one processor and 1 GiB, version 2",
    files: {
      ...MEMINFO,
      "proc/self/cgroup": V2,
      "sys/fs/cgroup/cpu.max": "100000 100000\n",
      "sys/fs/cgroup/memory.max": `${GIB}\n`,
      "sys/fs/cgroup/memory.current": `${GIB / 2}\n`,
      "sys/fs/cgroup/memory.stat": `anon 5\ninactive_file ${GIB / 4}\n`,
    },
    expected: { processors: 1, totalMemory: GIB, freeMemory: 0.75 * GIB, threads: 1 },
  },
  {
    what: "a container of one processor and 1 GiB, version 1",
    files: {
      ...MEMINFO,
      "proc/self/cgroup": V1,
      "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "100000\n",
      "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
      "sys/fs/cgroup/memory/memory.limit_in_bytes": `${GIB}\n`,
      "sys/fs/cgroup/memory/memory.usage_in_bytes": `${GIB / 2}\n`,
      "sys/fs/cgroup/memory/memory.stat": `total_inactive_file ${GIB / 4}\n`,
    },
    expected: { processors: 1, totalMemory: GIB, freeMemory: 0.75 * GIB, threads: 1 },
  },
  {
    what: "the same container on a machine of 64 processors, some of them slow",
    processors: 64,
    files: {
      ...MEMINFO,
      "proc/self/cgroup": V2,
      "proc/self/status": "Cpus_allowed_list:\t0-63\n",
      "sys/fs/cgroup/cpu.max": "100000 100000\n",
      "sys/fs/cgroup/memory.max": `${GIB}\n`,
      "sys/devices/cpu_core/cpus": "0-47\n",
      "sys/devices/cpu_atom/cpus": "48-63\n",
    },
    expected: { processors: 1, fastProcessors: 1, totalMemory: GIB, threads: 1 },
  },
  {
    what: "version 1 without limits",
    files: {
      "proc/self/cgroup": V1,
      "sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_quota_us": "-1\n",
      "sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_period_us": "100000\n",
      "sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes": "9223372036854771712\n",
    },
    expected: { processors: 16, totalMemory: 64 * GIB, threads: 15 },
  },
  {
    what: "half a processor's time",
    files: { "proc/self/cgroup": V2, "sys/fs/cgroup/cpu.max": "50000 100000" },
    expected: { processors: 0.5, threads: 1 },
  },
  {
    what: "four and a half processors' time",
    files: { "proc/self/cgroup": V2, "sys/fs/cgroup/cpu.max": "450000 100000" },
    expected: { processors: 4.5, threads: 3 },
  },
  {
    what: "a limit of a group further out, which is the tighter one",
    files: {
      "proc/self/cgroup": "0::/user.slice/session.scope\n",
      "sys/fs/cgroup/user.slice/session.scope/cpu.max": "max 100000",
      "sys/fs/cgroup/user.slice/cpu.max": "200000 100000",
      "sys/fs/cgroup/user.slice/session.scope/memory.max": "max",
      "sys/fs/cgroup/user.slice/memory.high": `${8 * GIB}`,
    },
    expected: { processors: 2, totalMemory: 8 * GIB, threads: 1 },
  },
  {
    what: "a set of processors",
    files: { "proc/self/cgroup": V2, "proc/self/status": "Name:\tnode\nCpus_allowed_list:\t0-1,8\n" },
    expected: { processors: 3, threads: 2 },
  },
  {
    what: "128 processors",
    processors: 128,
    files: { "proc/self/cgroup": V2 },
    expected: { processors: 128, threads: 64 },
  },
  {
    what: "a laptop with sixteen fast and eight slow processors",
    processors: 24,
    files: {
      "proc/self/cgroup": V2,
      "sys/devices/cpu_core/cpus": "0-15\n",
      "sys/devices/cpu_atom/cpus": "16-23\n",
    },
    expected: { processors: 24, fastProcessors: 16, threads: 16 },
  },
  {
    what: "a laptop with four fast and eight slow processors",
    processors: 12,
    files: { "proc/self/cgroup": V2, "sys/devices/cpu_core/cpus": "0-3", "sys/devices/cpu_atom/cpus": "4-11" },
    expected: { fastProcessors: 4, threads: 11 },
  },
  {
    what: "fast and slow processors of ARM",
    processors: 8,
    files: {
      "proc/self/cgroup": V2,
      "sys/devices/system/cpu/present": "0-7\n",
      ...Object.fromEntries(
        [400, 400, 400, 400, 1000, 1000, 1000, 1024].map((capacity, cpu) => [
          `sys/devices/system/cpu/cpu${cpu}/cpu_capacity`,
          `${capacity}\n`,
        ]),
      ),
    },
    expected: { fastProcessors: 4, threads: 4 },
  },
  {
    what: "fast processors of which a container has two",
    processors: 24,
    files: {
      "proc/self/cgroup": V2,
      "proc/self/status": "Cpus_allowed_list:\t14-17\n",
      "sys/devices/cpu_core/cpus": "0-15\n",
      "sys/devices/cpu_atom/cpus": "16-23\n",
    },
    expected: { processors: 4, fastProcessors: 2, threads: 2 },
  },
  {
    what: "version 1, whose folder has the controllers' names in another order",
    files: {
      "proc/self/cgroup": "5:memory:/a\n4:cpuacct,cpu:/a\n",
      "sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us": "200000\n",
      "sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us": "100000\n",
    },
    expected: { processors: 2, threads: 1 },
  },
  {
    what: "version 1, with a folder for each controller alone",
    files: { "proc/self/cgroup": "4:cpu,cpuacct:/a\n", "sys/fs/cgroup/cpu/a/cpu.cfs_quota_us": "300000\n" },
    expected: { processors: 3, threads: 2 },
  },
  {
    what: "version 1, with the limit of a group that cannot be seen",
    files: {
      "proc/self/cgroup": "5:memory:/a\n",
      "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
      "sys/fs/cgroup/memory/memory.stat": `cache 5\nhierarchical_memory_limit ${2 * GIB}\n`,
    },
    expected: { totalMemory: 2 * GIB, threads: 15 },
  },
  {
    what: "version 2 beside version 1",
    files: {
      "proc/self/cgroup": "4:cpu,cpuacct:/a\n0::/a\n",
      "sys/fs/cgroup/unified/a/memory.max": `${GIB}\n`,
      "sys/fs/cgroup/unified/a/memory.current": "none\n",
    },
    expected: { totalMemory: GIB, freeMemory: GIB, threads: 15 },
  },
  {
    what: "a sandbox that does not tell the groups",
    files: { "sys/fs/cgroup/cpu.max": "200000 100000", "sys/fs/cgroup/memory.max": `${GIB}` },
    expected: { processors: 2, totalMemory: GIB, threads: 1 },
  },
  {
    what: "a quota without a period",
    files: { "proc/self/cgroup": V2, "sys/fs/cgroup/cpu.max": "150000\n" },
    expected: { processors: 1.5, threads: 1 },
  },
  {
    what: "limits above the machine's own, and of nothing",
    files: {
      "proc/self/cgroup": V2,
      "sys/fs/cgroup/cpu.max": "99900000 100000",
      "sys/fs/cgroup/memory.max": `${2 ** 50}`,
      "sys/fs/cgroup/memory.high": "0",
    },
    expected: { processors: 16, totalMemory: 64 * GIB, threads: 15 },
  },
  { what: "no processor at all", processors: 0, files: {}, expected: { processors: 0, threads: 1 } },
  {
    what: "a list of processors that overlaps, and one that nobody can have",
    files: { "proc/self/cgroup": V2, "proc/self/status": "Cpus_allowed_list:\t0-3,2-5\n" },
    expected: { processors: 6, threads: 5 },
  },
  {
    what: "ARM with processors that are off",
    processors: 4,
    files: {
      "proc/self/cgroup": V2,
      "sys/devices/system/cpu/present": "0-7\n",
      "sys/devices/system/cpu/online": "0-3\n",
      ...Object.fromEntries(
        [400, 400, 1000, 1000, 1000, 1000].map((capacity, cpu) => [
          `sys/devices/system/cpu/cpu${cpu}/cpu_capacity`,
          `${capacity}\n`,
        ]),
      ),
    },
    expected: { fastProcessors: 2, threads: 2 },
  },
  { what: "files that are none", files: { "proc/self/cgroup": "x\n:::\n" }, expected: { processors: 16, threads: 15 } },
];

describe("what a process may use of the machine", () => {
  let root = "";
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "sterna-machine-"));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  for (const { what, files, processors = 16, expected } of CASES) {
    it(`is read out of the system's files: ${what}`, () => {
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(root, path)), { recursive: true });
        writeFileSync(join(root, path), text);
      }
      const machine = readMachine({ root, platform: "linux", processors, totalMemory: 64 * GIB, freeMemory: GIB });
      const { threads, ...limits } = expected;
      for (const [key, value] of Object.entries(limits)) assert.equal(machine[key as keyof typeof machine], value, key);
      assert.equal(threadsFor(machine), threads);
    });
  }

  it("is what the system says where it has no such files", () => {
    const given = { processors: 6, totalMemory: 8 * GIB, freeMemory: GIB };
    assert.deepEqual(readMachine({ root, platform: "win32", ...given }), { ...given, fastProcessors: 6 });
    const here = readMachine();
    assert.ok(here.processors > 0 && here.freeMemory > 1 << 20 && here.freeMemory <= here.totalMemory);
  });

  it("leaves threads to the settings, within what the engine takes", () => {
    const machine = { processors: 1, fastProcessors: 1, totalMemory: GIB, freeMemory: GIB };
    assert.deepEqual(
      [3, 64, 500, 2.5, 0.5].map((wanted) => threadsFor(machine, wanted)),
      [3, 64, 64, 2, 1],
    );
  });

  it("keeps the cache's budget within an eighth of a container, or a quarter where one context takes that", () => {
    const shape = { layerCount: 30, kvHeadCount: 5, headDim: 128, contextLength: 2048 };
    assert.equal(cacheBudget(shape, { cacheMegabytes: 0 }, 2 * GIB), GIB / 4);
    const budget = cacheBudget({ ...shape, contextLength: 4096 }, { cacheMegabytes: 0 }, GIB);
    assert.ok(budget > GIB / 8 && budget <= GIB / 4, `${budget}`);
  });

  it("counts as free what Linux says is available, not what is merely unused", () => {
    assert.equal(availableIn("MemTotal:  100 kB\nMemFree:     1 kB\nMemAvailable:     64 kB\n"), 65536);
    assert.equal(availableIn("MemFree: 1 kB\n"), undefined);
  });

  it("reads lists of processors", () => {
    assert.deepEqual(["3-1", "0-1,0-2", "8191-99999999999"].map(processorList), [[], [0, 1, 2], [8191]]);
    assert.deepEqual(["0", "0-2,5", " 1 , 3-4\n", "", "x"].map(processorList), [[0], [0, 1, 2, 5], [1, 3, 4], [], []]);
  });
});

describe("the free space of a file system", () => {
  it("is unknown, and so no obstacle, where it reports no blocks", () => {
    assert.equal(freeIn({ blocks: 0, bavail: 0, bsize: 4096 }), Number.POSITIVE_INFINITY);
    assert.equal(freeIn({ blocks: 100, bavail: 0, bsize: 4096 }), 0);
    assert.equal(freeIn({ blocks: 100, bavail: 10, bsize: 4096 }), 40_960);
  });
});

describe("an addon that cannot be loaded", () => {
  const place = {
    path: "/e/sterna.node",
    exists: true,
    reason: "",
    platform: "linux",
    arch: "x64",
    hasGlibc: true,
    isClone: false,
  };
  const CASES: [what: string, change: Partial<typeof place>, advice: RegExp][] = [
    [
      "on Alpine",
      { hasGlibc: false, reason: "ld-linux-x86-64.so.2: No such file" },
      /is for systems with glibc.*package alpine-x64(?!.*build:native)/,
    ],
    ["on Alpine, in a clone", { hasGlibc: false, isClone: true }, /has musl.*npm run build:native/],
    [
      "with an older library",
      { reason: "libc.so.6: version `GLIBC_2.28' not found" },
      /newer C or C\+\+ library \(2\.28\).*Debian/,
    ],
    [
      "that is not in the package",
      { exists: false, platform: "freebsd" },
      /no native engine for freebsd-x64: install the one/,
    ],
    ["that is not built", { exists: false, isClone: true }, /not built yet.*npm run build:native/],
    ["of another system", { reason: "wrong ELF class: ELFCLASS64" }, /is not for linux-x64 \(wrong ELF class/],
    [
      "in a folder without the right to run",
      { reason: "failed to map segment from shared object" },
      /does not let.*another folder/,
    ],
    ["otherwise", { reason: "boom" }, /: boom\. To make it anew, reinstall Sterna\.$/],
  ];
  for (const [what, change, advice] of CASES) {
    it(`is explained in one sentence: ${what}`, () => {
      const text = addonAdvice({ ...place, ...change });
      assert.match(text, advice);
      assert.ok(!text.includes("\n"));
    });
  }
});
