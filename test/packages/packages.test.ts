/**
 * The packages as they are shipped. Each is unpacked, and its addon is run where it belongs: on this CPU, on emulated
 * ones, under Wine. STERNA_PACKAGES names them: a JSON object with the paths of VSIX files by target.
 */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { EngineClient } from "../../engine/client/client.ts";
import { documentOpened } from "../../engine/protocol/documents.ts";
import type { Status } from "../../engine/protocol/status.ts";
import { emulatedNode, missingFor, muslNode, wineNode } from "../../scripts/lib/foreign.mjs";
import { temporaryFolder } from "../../scripts/lib/process.mjs";
import { installServer } from "../../scripts/lib/vscode-server.mjs";
import { writeSpeakingModel } from "../native/speakingModel.ts";
import { root } from "../unit/root.ts";
import { engineSettings } from "../unit/support/engineSettings.ts";
import { isAdHoc, readMachO } from "./machO.ts";
import type { Proof } from "./proof.ts";
import type { Shared } from "./share.ts";
import { installVsix, readZip } from "./zip.ts";

const PACKAGES: Record<string, string> = JSON.parse(process.env.STERNA_PACKAGES ?? "{}");
/** The Node that runs the tests. `process.execPath` is changed while an engine runs on an emulated CPU. */
const NODE = process.execPath;
const HERE = `${process.platform}-${process.arch}`;
const GOLDEN = join(root, "models", "builtin-golden.json");
/** The largest package in megabytes. */
const LARGEST = 12;
/** How many prompts are computed with every kernel set. */
const PROMPTS = 2;

/** A place where an addon can be tested. `needs` is for foreign.mjs; `node` returns the program that runs it. */
interface TestTarget {
  title: string;
  target: string;
  needs: Parameters<typeof missingFor>[0];
  node(folder: string): Promise<string>;
  /** Kernel sets that must be found there; undefined for those of this CPU, where Wine uses it. */
  kernels?: string[];
  /** The file name that the program must have. */
  executable?: string;
  /** How many prompts are computed; default {@link PROMPTS}. */
  prompts?: number;
}

const emulated = (
  target: string,
  architecture: "aarch64" | "x86_64",
  cpu: string,
  ...kernels: string[]
): TestTarget => ({
  title: `${target} on an emulated ${cpu}`,
  target,
  needs: architecture,
  node: (folder) => emulatedNode(architecture, cpu, folder),
  kernels,
});
const wine = (executable: string): TestTarget => ({
  title: `win32-x64 under Wine in ${executable}`,
  target: "win32-x64",
  needs: "wine",
  node: (folder) => wineNode(executable, folder),
  executable,
});
const PLACES: TestTarget[] = [
  emulated("linux-x64", "x86_64", "Nehalem", "scalar"),
  // QEMU computes these wide vectors element by element, which takes a minute for each prompt.
  { ...emulated("linux-x64", "x86_64", "Haswell", "scalar", "avx2"), prompts: 1 },
  emulated("linux-arm64", "aarch64", "cortex-a53", "scalar", "neon"),
  emulated("linux-arm64", "aarch64", "max", "scalar", "neon", "neondot"),
  { title: "alpine-x64 on musl", target: "alpine-x64", needs: "musl", node: muslNode },
  wine("node.exe"),
  wine("Code.exe"),
];

describe("the packages", function () {
  this.timeout(300_000);
  const work = temporaryFolder("packages");
  const files = new Map<string, Map<string, Buffer>>();
  const addonName = (target: string) => `extension/build/${target}/sterna.node`;
  const installed = (target: string) => join(work, target);
  /** A model of Bonsai's kind. */
  const grouped = join(work, "grouped.gguf");
  let here: Proof | undefined;

  before(() => {
    writeSpeakingModel(grouped, { answer: ["one", " two"], thoughts: ["\nHm."], code: ["let a;", "\n```"] });
    assert.ok(Object.keys(PACKAGES).length > 0, "STERNA_PACKAGES names none: npm test -- --only packages");
    for (const [target, vsix] of Object.entries(PACKAGES)) {
      const found = readZip(readFileSync(vsix));
      files.set(target, found);
      installVsix(found, installed(target));
    }
  });

  // A test of an engine that runs into its limit has not put this back.
  afterEach(() => {
    process.execPath = NODE;
  });

  function prove(target: string, node: string, storage: string, prompts: number): Proof {
    const args = [installed(target), GOLDEN, storage, String(prompts), grouped];
    return JSON.parse(runScript(node, "proof.cjs", args)) as Proof;
  }

  /** The JSON object that a script in this folder prints. */
  function runScript(node: string, name: string, args: string[]): string {
    const script = join(root, "dist", "test", "packages", name);
    const env = { ...process.env, STERNA_ADDON: "" };
    const { stdout, stderr } = spawnSync(node, [script, ...args], { encoding: "utf8", env });
    assert.ok(stdout.startsWith("{"), stderr);
    return stdout;
  }

  /** What this machine's own addon computes with every kernel set of its CPU. */
  function reference(): Proof {
    here ??= prove(HERE, NODE, join(work, "reference"), PROMPTS);
    return here;
  }

  /** Every kernel set must give the reference's logits and tokens bit for bit, and every self-test must pass. */
  function checkProof(proof: Proof): void {
    assert.deepEqual(
      proof.selfTest.filter(({ ok }) => !ok),
      [],
    );
    assert.equal(proof.chosen, proof.kernels.at(-1));
    const want = reference().generations.scalar?.slice(0, proof.prompts.length);
    assert.ok(want !== undefined && want.length > 0);
    const wantGrouped = reference().grouped.scalar;
    assert.equal(wantGrouped?.length, 4, "two layouts, two kinds of cache");
    for (const kernel of proof.kernels) {
      assert.deepEqual(proof.generations[kernel], want, kernel);
      assert.deepEqual(proof.grouped[kernel], wantGrouped, kernel);
    }
    const { prompts } = JSON.parse(readFileSync(GOLDEN, "utf8")) as { prompts: { float: { greedy: number[] } }[] };
    assert.deepEqual(
      proof.exact,
      proof.prompts.map((prompt) => prompts[prompt]?.float.greedy),
    );
  }

  for (const target of Object.keys(PACKAGES)) {
    it(`${target}: holds this addon and no other, the model, and fits into ${LARGEST} MB`, () => {
      const names = [...files.get(target)!.keys()];
      assert.deepEqual(
        names.filter((name) => /\.(node|so|dll|dylib|exe)$/.test(name)),
        [addonName(target)],
      );
      assert.ok(names.includes("extension/models/sterna-builtin.gguf"));
      assert.ok(readFileSync(PACKAGES[target]!).length < LARGEST * 1e6);
    });

    it(`${target}: needs nothing but the system, and tells nothing of the machine that built it`, () => {
      const addonFile = files.get(target)!.get(addonName(target))!;
      const addon = addonFile.toString("latin1");
      assert.ok(!addon.includes(root) && !addon.includes("/.cache/"));
      if (target.startsWith("linux")) {
        const versions = [...addon.matchAll(/GLIBC_2\.(\d+)/g)].map(([, minor]) => Number(minor));
        assert.ok(versions.length > 0 && Math.max(...versions) <= 28, `glibc 2.${Math.max(...versions)}`);
        const libraries = [...new Set(addon.match(/\b(?:lib|ld-)[\w+-]+\.so\.\d/g))];
        assert.ok(libraries.includes("libc.so.6"));
        const foreign = libraries.filter((name) => !/^(lib(c|m|dl|rt|pthread)|ld-linux-[\w-]+)\.so\.\d$/.test(name));
        assert.deepEqual(foreign, []);
      } else if (target.startsWith("win32")) {
        const libraries = [...new Set(addon.match(/\b[\w-]+\.dll\b/gi))];
        assert.ok(libraries.includes("KERNEL32.dll"));
        const system = /^(KERNEL32|ntdll|api-ms-win-crt-[\w-]+|libnode)\.dll$/i;
        assert.deepEqual(
          libraries.filter((name) => !system.test(name)),
          [],
        );
        assert.ok(!/node\.exe/i.test(addon));
        // The header of the portable executable.
        const header = addonFile.readUInt32LE(0x3c);
        assert.equal(addonFile.readUInt16LE(header + 4), target === "win32-arm64" ? 0xaa64 : 0x8664);
      } else if (target.startsWith("alpine")) {
        assert.ok(!/GLIBC_|ld-linux/.test(addon));
        const libraries = [...new Set(addon.match(/\b(?:lib|ld-)[\w+-]+\.so(?:\.\d+)?/g))];
        assert.deepEqual(libraries, ["libc.so"]);
      } else {
        const { arch, libraries, rpaths, minimum, signature } = readMachO(addonFile);
        assert.deepEqual([`darwin-${arch}`, minimum, rpaths], [target, "11.0", []]);
        assert.deepEqual(
          libraries.filter((name) => !/^\/usr\/lib\/lib(System\.B|c\+\+\.1)\.dylib$/.test(name)),
          [],
        );
        // macOS on ARM runs no code without a signature.
        if (arch === "arm64") assert.ok(signature !== undefined && isAdHoc(signature));
      }
    });
  }

  if (PACKAGES[HERE] !== undefined) {
    it(`${HERE} on this machine: all kernel sets equal, the known answers given, the plain set the slowest`, () => {
      const proof = reference();
      checkProof(proof);
      assert.ok(proof.kernels.length > 1);
      assert.ok(proof.decodeMs[proof.chosen]! < proof.decodeMs.scalar!, JSON.stringify(proof.decodeMs));
    });
  }

  for (const { title, target, needs, node, kernels, executable, prompts = PROMPTS } of PLACES) {
    if (PACKAGES[target] === undefined) continue;
    const missing = missingFor(needs);
    if (missing) {
      it.skip(`${title}: needs ${missing}`);
      continue;
    }
    it(`${title}: loads and computes what this machine does`, async () => {
      const folder = join(work, title.replaceAll(" ", "-"));
      mkdirSync(folder);
      const proof = prove(target, await node(folder), join(folder, "storage"), prompts);
      assert.deepEqual([proof.platform, proof.arch], target.replace("alpine", "linux").split("-"));
      if (kernels) assert.deepEqual(proof.kernels, kernels);
      if (executable) assert.ok(proof.executable.endsWith(`\\${executable}`), proof.executable);
      checkProof(proof);
    });
    // Node's channel between two processes does not work between Linux and Wine, so the windows run there as well.
    if (needs === "wine") {
      it(`${title}: two windows share an engine over a pipe, and it ends with the second`, async () => {
        const folder = join(work, title.replaceAll(" ", "-"));
        mkdirSync(folder, { recursive: true });
        const windows = runScript(await node(folder), "share.cjs", [installed(target), join(folder, "windows")]);
        const { platform, place, pids, answers, hasEnded, log } = JSON.parse(windows) as Shared;
        assert.equal(platform, "win32");
        assert.match(place, /^\\\\\.\\pipe\\sterna-[0-9a-f]{24}$/);
        assert.equal(pids.length, 3);
        assert.ok(
          pids.every((pid) => pid !== undefined && pid === pids[0]),
          log.join("\n"),
        );
        assert.ok(answers[0] !== "" && answers[0] === answers[1], JSON.stringify(answers));
        assert.ok(hasEnded, "the engine has outlived its windows");
      });
      continue;
    }
    it(`${title}: the engine starts, suggests, and the status names the kernel set`, async () => {
      const folder = join(work, title.replaceAll(" ", "-"));
      mkdirSync(folder, { recursive: true });
      const status = await askEngine(installed(target), await node(folder), folder);
      const kernel = kernels?.at(-1) ?? reference().chosen;
      assert.deepEqual([status.model?.kernel, status.model?.threads], [kernel, 1]);
    });
  }

  if (HERE === "linux-x64" && PACKAGES[HERE] !== undefined) {
    const alone = ["--map-root-user", "--net", "sh", "-c"];
    const isAllowed = spawnSync("unshare", [...alone, "ip link set lo up"]).status === 0;
    /** Runs Node with these arguments where there is no compiler and no network, and returns its output. */
    const runAlone = (args: string[], env: NodeJS.ProcessEnv = {}) => {
      const command = ["ip link set lo up && exec", NODE, ...args].join(" ");
      const { status, stdout, stderr } = spawnSync("unshare", [...alone, command], {
        cwd: root,
        encoding: "utf8",
        env: { ...process.env, PATH: plainPath(), ...env },
        maxBuffer: 1 << 26,
      });
      assert.equal(status, 0, `${stdout.slice(-6000)}\n${stderr.slice(-2000)}`);
      return stdout;
    };
    const where = "in VS Code without a compiler and without a network";
    const inVsCode = (what: string, test: () => void) => {
      const title = `${HERE}: ${what} ${where}`;
      (isAllowed ? it : it.skip)(
        isAllowed ? title : `${title}: needs unshare, and the right to use it`,
        async function () {
          this.timeout(900_000);
          await installServer();
          test();
        },
      );
    };

    inVsCode("gives ghost text", () => {
      const output = runAlone(["scripts/start.mjs", "--check", "--vsix", PACKAGES[HERE] ?? ""]);
      assert.match(output, /^ghost text: ".+", which saves \d+ keys$/m);
    });

    inVsCode("passes the tests of the user interface", () => {
      const folder = join(root, "dist/test/ui");
      const files = readdirSync(folder).filter((name) => name.endsWith(".test.mjs"));
      const mocha = join(root, "node_modules/mocha/bin/mocha.js");
      const args = ["--enable-source-maps", mocha, "--timeout", "20000", "--reporter", "dot"];
      const output = runAlone([...args, ...files.map((name) => join(folder, name))], {
        STERNA_VSIX: PACKAGES[HERE],
      });
      assert.match(output, /[1-9]\d* passing/);
    });
  }

  describe("made again from the same sources in another folder", function () {
    this.timeout(900_000);
    let other: string;

    before(() => {
      other = join(temporaryFolder("another"), "place");
      const sources = execFileSync("git", ["ls-files", "-z"], { cwd: root, encoding: "utf8" }).split("\0");
      for (const name of sources.filter((path) => path !== "" && existsSync(join(root, path)))) {
        cpSync(join(root, name), join(other, name));
      }
      symlinkSync(join(root, "node_modules"), join(other, "node_modules"));
      // The compiler is the same, but it finds earlier results in its cache by their path.
      symlinkSync(join(root, ".cache"), join(other, ".cache"));
    });

    for (const [target, vsix] of Object.entries(PACKAGES)) {
      it(`${target}: is the same bytes`, () => {
        execFileSync(NODE, ["scripts/package.mjs", "--target", target], { cwd: other });
        const again = readFileSync(join(other, "dist", basename(vsix)));
        const found = readZip(again);
        const names = [...files.get(target)!.keys()];
        assert.deepEqual([...found.keys()], names);
        const different = names.filter((name) => !found.get(name)!.equals(files.get(target)!.get(name)!));
        assert.deepEqual(different, []);
        assert.ok(again.equals(readFileSync(vsix)), "the files are the same, the archive is not");
      });
    }
  });
});

/** A folder with links to the system's programs, except those that build or fetch something. */
function plainPath(): string {
  const folder = join(temporaryFolder("path"), "bin");
  mkdirSync(folder);
  const builders = /^(.*(gcc|g\+\+|clang|cmake|ctest|python).*|cc|c\+\+|cpp|ld|as|g?make|ninja|npm|npx|curl|wget|zig)$/;
  for (const name of readdirSync("/usr/bin")) {
    if (!builders.test(name)) symlinkSync(`/usr/bin/${name}`, join(folder, name));
  }
  return folder;
}

/**
 * Starts an extension's engine as the extension does, asks for a suggestion, and returns the status when it was ready.
 */
async function askEngine(extension: string, node: string, folder: string): Promise<Status> {
  const text = "export function add(a: number, b: number) {\n  return ";
  const uri = "file:///workspace/add.ts";
  const lines: string[] = [];
  let onReady = (_: Status) => {};
  const ready = new Promise<Status>((resolve) => {
    onReady = resolve;
  });
  const client = new EngineClient({
    script: () => join(extension, "dist", "engine.cjs"),
    root: extension,
    storage: join(folder, "storage"),
    conversations: join(folder, "conversations"),
    settings: () => engineSettings({ maxTokens: 8 }),
    log: (line) => lines.push(line),
  });
  client.listen({
    onStatus: (status) => {
      if (status.state === "ready") onReady(status);
    },
    onStarted: () => client.notify(documentOpened, { uri, path: "add.ts", languageId: "typescript", version: 1, text }),
  });
  // The engine is started with the Node that the extension runs in.
  process.execPath = node;
  try {
    client.start();
    const status = await ready;
    const result = await client.complete(
      { uri, version: 1, offset: text.length, trigger: "manual" },
      { isCancellationRequested: false, onCancellationRequested: () => ({ dispose() {} }) },
    );
    assert.equal(result.kind, "shown", `${JSON.stringify(result)}\n${lines.join("\n")}`);
    return status;
  } finally {
    process.execPath = NODE;
    await client.stop();
  }
}
