import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  type DownloadOptions,
  type DownloadPlan,
  type DownloadProgress,
  downloadModel,
} from "../../../../engine/models/download/download.ts";
import { DownloadError } from "../../../../engine/models/download/downloadErrors.ts";
import {
  findInstalled,
  type InstalledModel,
  listInstalled,
  partialBytes,
} from "../../../../engine/models/download/installed.ts";
import { type OpenPart, openPart } from "../../../../engine/models/download/part.ts";
import { Random } from "../../support/testRandom.ts";
import { temporaryFolder } from "../folder.ts";
import { BadServer, type Fault } from "./badServer.ts";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const random = new Random(7);
const BIG = random.bytes(300_000);
const SMALL = Buffer.from(JSON.stringify({ model_type: "bitnet" }));
const ID = "some-model";

/** Waits that the server asks for do not take time in the tests. */
const outside = { sleep: async (_: number, signal: AbortSignal) => signal.throwIfAborted(), idleMs: 5000 };

describe("downloading a model", () => {
  const folder = temporaryFolder();
  let server: BadServer;
  let models = "";
  let runs = 0;

  before(async () => {
    server = await BadServer.start({ "model.gguf": BIG, "config.json": SMALL });
  });
  after(() => server.stop());
  beforeEach(() => {
    models = folder.path(`models-${runs++}`);
    server.fault = () => "none";
    server.breakAfter = (length) => Math.floor(length / 2);
    server.asked.length = 0;
    server.sent = 0;
  });

  const plan = (change: Partial<DownloadPlan> = {}, pinned = true): DownloadPlan => ({
    id: ID,
    name: "Some Model",
    source: "owner/model",
    extraBytes: 0,
    files: [
      {
        name: "model.gguf",
        url: server.url("model.gguf"),
        key: "owner/model@main/model.gguf",
        pin: pinned ? { sha256: sha256(BIG), bytes: BIG.length } : undefined,
      },
      { name: "config.json", url: server.url("config.json"), key: "owner/model@main/config.json" },
    ],
    ...change,
  });
  const run = (change: Partial<DownloadOptions> = {}, what = plan()) =>
    downloadModel(models, what, { signal: new AbortController().signal, outside, ...change });

  function assertVerified(model: InstalledModel): void {
    assert.deepEqual(readFileSync(join(model.folder, "model.gguf")), BIG);
    assert.deepEqual(readFileSync(join(model.folder, "config.json")), SMALL);
    assert.deepEqual(
      model.manifest.files.map((file) => file.sha256),
      [sha256(BIG), sha256(SMALL)],
    );
  }

  it("verifies every file and leaves nothing but the model, its manifest and the pins", async () => {
    const model = await run();
    assertVerified(model);
    assert.equal(model.path, join(models, ID));
    assert.deepEqual(readdirSync(models).sort(), ["pins.json", ID]);
    assert.deepEqual(await listInstalled(models), [model]);
  });

  it("downloads nothing that is there", async () => {
    await run();
    server.asked.length = 0;
    assertVerified(await run());
    assert.deepEqual(server.asked, []);
  });

  it("tells how far it is, and ends with all bytes verified", async () => {
    const seen: DownloadProgress[] = [];
    await run({ onProgress: (progress) => seen.push(progress) });
    const total = BIG.length + SMALL.length;
    assert.deepEqual(seen.at(-1), { phase: "verifying", done: total, total, detail: "" });
    assert.ok(seen.some(({ phase, done }) => phase === "transferring" && done > 0 && done < BIG.length));
  });

  const cured: [fault: Fault, what: string][] = [
    ["drop", "a connection that breaks"],
    ["stall", "a server that falls silent"],
    ["broken", "a server error"],
    ["too-many", "a server that asks to wait"],
    ["redirect", "a redirect to where the bytes lie"],
    ["no-head", "a server without HEAD"],
    ["no-answer", "a server that hangs up"],
    ["no-ranges", "a server without ranges"],
  ];
  for (const [fault, what] of cured) {
    it(`gets over ${what}`, async () => {
      const lasting = ["redirect", "no-head", "no-ranges"].includes(fault);
      let times = 0;
      server.fault = ({ method }) => (lasting || (method === "GET" && times++ === 0) ? fault : "none");
      assertVerified(await run({ outside: { ...outside, idleMs: 150 } }));
    });
  }

  it("says within two attempts that there is no network", async () => {
    const waits: number[] = [];
    const said: string[] = [];
    const unreachable = { ...plan(), files: [{ name: "a.gguf", url: new URL("http://127.0.0.1:9/a.gguf"), key: "a" }] };
    const change = {
      outside: {
        ...outside,
        sleep: async (ms: number) => {
          waits.push(ms);
        },
      },
      onProgress: ({ detail }: { detail: string }) => {
        if (detail !== "") said.push(detail);
      },
    };
    await assert.rejects(run(change, unreachable), (error: unknown) => {
      return error instanceof DownloadError && error.problem === "network" && /Nothing answers/.test(error.message);
    });
    assert.deepEqual(waits, [1000]);
    assert.match(said[0] ?? "", /Nothing answers.*Trying again in 1 s\./);
  });

  it("goes on where the connection broke, and asks for the rest alone", async () => {
    let times = 0;
    server.fault = ({ method }) => (method === "GET" && times++ < 3 ? "drop" : "none");
    assertVerified(await run());
    const ranges = server.asked.filter(({ path }) => path.endsWith("gguf")).map(({ range }) => range);
    assert.equal(ranges.filter((range) => range !== undefined).length, 3);
    assert.ok(server.sent < 1.2 * BIG.length, `${server.sent} bytes sent`);
  });

  it("waits for as long as the server asks", async () => {
    const waits: number[] = [];
    let times = 0;
    server.fault = ({ method }) => (method === "GET" && times++ < 2 ? "too-many" : "none");
    const sleep = async (ms: number) => void waits.push(ms);
    await run({ outside: { ...outside, sleep } });
    assert.deepEqual(waits, [2000, 2000]);
  });

  const hopeless: [fault: Fault, problem: DownloadError["problem"], message: RegExp][] = [
    ["forbidden", "refused", /refuses to give the file \(403\).*try another mirror/],
    ["come-back-tomorrow", "refused", /come back in 1440 minutes/],
    ["broken", "refused", /status 500.*tried 6 times/],
    ["no-answer", "network", /broke the connection off.*tried 6 times/],
    ["redirect-loop", "refused", /redirects without end/],
    ["web-page", "refused", /web page instead of the file: log in/],
    ["wrong-bytes", "not-the-file", /are not those that .* stated.*thrown away/],
    ["long-body", "not-the-file", /sends more than the 300000 bytes/],
    ["other-checksum", "not-the-file", /states the SHA-256 .*Nothing was downloaded/],
    ["short-length", "not-the-file", /sends 150000 bytes instead of the 300000/],
  ];
  for (const [fault, problem, message] of hopeless) {
    it(`ends with one clear error when the server's answer is ${fault} every time`, async () => {
      server.fault = () => fault;
      const error = await run({ outside: { ...outside, idleMs: 150 } }).catch((reason: unknown) => reason);
      assert.ok(error instanceof DownloadError, String(error));
      assert.equal(error.problem, problem);
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /\n/);
      assert.equal(await findInstalled(models, ID), undefined);
      server.fault = () => "none";
      assertVerified(await run());
    });
  }

  it("refuses a file of which neither the server nor the catalogue knows the checksum", async () => {
    server.fault = () => "no-checksum";
    await assert.rejects(run({}, plan({}, false)), /states no checksum.*could not be checked/);
  });

  it("takes a pinned file from a server that states no checksum", async () => {
    server.fault = ({ path }) => (path.endsWith("gguf") ? "no-checksum" : "none");
    assertVerified(await run());
  });

  it("expects of a later download what it found at the first one", async () => {
    const first = await run({}, plan({}, false));
    await rm(first.folder, { recursive: true });
    const other = await BadServer.start({ "model.gguf": Buffer.concat([BIG, SMALL]), "config.json": SMALL });
    try {
      const changed = plan({}, false);
      const files = changed.files.map((file) => ({ ...file, url: other.url(file.name) }));
      await assert.rejects(run({}, { ...changed, files }), /was replaced there/);
    } finally {
      await other.stop();
    }
  });

  it("says before the first byte that the disk is too small, with the room for the import", async () => {
    const error = await run({ freeBytes: async () => 1e9 }, plan({ extraBytes: 2e9 })).catch((e: unknown) => e);
    assert.ok(error instanceof DownloadError && error.problem === "no-space");
    assert.match(error.message, /The disk is full: 1\.27 GB more are needed/);
    assert.ok(server.asked.every(({ method }) => method === "HEAD"));
  });

  it("keeps what there is when the disk fills up, and resumes", async () => {
    await assert.rejects(run({ openFile: fullAfter(100_000) }), /The disk is full.*what was downloaded is kept/);
    const kept = await partialBytes(models, ID);
    assert.ok(kept > 0 && kept <= 100_000, `${kept}`);
    server.sent = 0;
    assertVerified(await run());
    assert.ok(server.sent <= BIG.length + SMALL.length - kept, `${server.sent} sent, ${kept} kept`);
  });

  it("pauses, keeps what there is, and resumes", async () => {
    server.bytesPerSecond = 500_000;
    const controller = new AbortController();
    const paused = run({
      signal: controller.signal,
      onProgress: ({ phase, done }) => {
        if (phase === "transferring" && done > 50_000) controller.abort(new Error("paused"));
      },
    });
    await assert.rejects(paused, /^Error: paused$/);
    server.bytesPerSecond = 0;
    const kept = await partialBytes(models, ID);
    assert.ok(kept > 50_000);
    server.sent = 0;
    assertVerified(await run());
    assert.ok(server.sent <= BIG.length + SMALL.length - kept);
  });

  it("starts anew when the beginning on the disk is damaged", async () => {
    server.fault = ({ method }) => (method === "GET" ? "drop" : "none");
    server.breakAfter = () => 60_000;
    await run({ openFile: fullAfter(100_000) }).catch(() => undefined);
    const part = join(models, `${ID}.partial`, "model.gguf.part");
    const size = statSync(part).size;
    truncateSync(part, size - 10);
    writeFileSync(part, Buffer.concat([readFileSync(part), Buffer.alloc(10)]));
    server.fault = () => "none";
    assertVerified(await run());
  });

  it("is refused while another window downloads, and the lock of a dead process counts for nothing", async () => {
    await mkdir(models, { recursive: true });
    const lock = join(models, "download.lock");
    const { hostname } = await import("node:os");
    const write = (pid: number) =>
      writeFileSync(lock, JSON.stringify({ pid, host: hostname(), nonce: `${pid}`, what: "BitNet" }));
    write(process.pid);
    await assert.rejects(run(), /Another window is downloading BitNet/);
    write(2 ** 22 + 1);
    assertVerified(await run());
    assert.equal(existsSync(lock), false);
  });

  it("lets one of two downloads at the same time through", async () => {
    const outcomes = await Promise.allSettled([run(), run()]);
    assert.deepEqual(outcomes.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
    assertVerified(await run());
  });

  it("never asks in the clear over a network", async () => {
    const files = [{ name: "model.gguf", url: new URL("http://models.example/model.gguf"), key: "k" }];
    await assert.rejects(run({}, plan({ files })), /not reached over https/);
  });

  it("does not take a folder without manifest, or with a file of another size, for a model", async () => {
    const model = await run();
    truncateSync(join(model.folder, "model.gguf"), 1000);
    assert.equal(await findInstalled(models, ID), undefined);
    await mkdir(join(models, "no-manifest"));
    assert.deepEqual(await listInstalled(models), []);
    assertVerified(await run());
  });

  it("ends 200 runs against random faults in a verified model or one clear error, and a restart resumes", async function () {
    this.timeout(120_000);
    const faults: [Fault, ...Fault[]] = [
      "drop",
      "stall",
      "short-length",
      "long-body",
      "wrong-bytes",
      "no-ranges",
      "wrong-range",
      "forbidden",
      "too-many",
      "come-back-tomorrow",
      "broken",
      "redirect",
      "web-page",
      "no-head",
      "no-checksum",
      "other-checksum",
      "no-answer",
    ];
    const outcomes = { verified: 0, errors: 0, resumed: 0 };
    for (let seed = 0; seed < 200; seed++) {
      const chance = new Random(1000 + seed);
      models = folder.path(`random-${seed}`);
      const share = chance.next();
      const lasting = chance.next() < 0.2 ? chance.pick(faults) : undefined;
      server.fault = () => lasting ?? (chance.next() < share ? chance.pick(faults) : "none");
      server.breakAfter = (length) => chance.below(length + 1);
      const openFile = chance.next() < 0.2 ? fullAfter(chance.below(BIG.length)) : openPart;
      const change = { openFile, outside: { ...outside, idleMs: 60 } };
      const result = await run(change, plan({}, chance.next() < 0.5)).catch((error: unknown) => error);
      if (result instanceof Error) {
        assert.ok(result instanceof DownloadError, `seed ${seed}: ${result.stack}`);
        assert.match(result.message, /^[^\n]{20,400}$/, `seed ${seed}`);
        assert.equal(await findInstalled(models, ID), undefined, `seed ${seed}`);
        outcomes.errors++;
      } else {
        assertVerified(result as InstalledModel);
        outcomes.verified++;
      }
      server.fault = () => "none";
      server.sent = 0;
      const kept = await partialBytes(models, ID);
      assertVerified(await run());
      // If wrong bytes were kept, all of them are downloaded again.
      if (kept > 0 && server.sent <= BIG.length + SMALL.length - Math.min(kept, BIG.length)) outcomes.resumed++;
      await rm(models, { recursive: true });
    }
    console.log(`      ${JSON.stringify(outcomes)}`);
    assert.equal(outcomes.verified + outcomes.errors, 200);
    assert.ok(outcomes.verified > 40 && outcomes.errors > 40 && outcomes.resumed > 10, JSON.stringify(outcomes));
  });
});

/** A disk that has room for this many bytes. */
function fullAfter(room: number): OpenPart {
  let left = room;
  return async (path) => {
    const handle = await openPart(path);
    const write = handle.write.bind(handle) as (b: Uint8Array, o: number, l: number, p: number) => Promise<unknown>;
    handle.write = (async (buffer: Uint8Array, offset: number, length: number, position: number) => {
      if (left <= 0) throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
      const taken = Math.min(length, left);
      left -= taken;
      return await write(buffer, offset, taken, position);
    }) as typeof handle.write;
    return handle;
  };
}
