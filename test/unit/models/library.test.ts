import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { partialBytes } from "../../../engine/models/download/installed.ts";
import { Downloads } from "../../../engine/models/library.ts";
import { packModel } from "../../../engine/models/packer.ts";
import { isPack } from "../../../engine/models/packInfo.ts";
import type { ModelProgress } from "../../../engine/protocol/models.ts";
import { KINDS, writeCheckpoint } from "../../native/syntheticCheckpoint.ts";
import { turn, until } from "../support/until.ts";
import { BadServer } from "./download/badServer.ts";
import { temporaryFolder } from "./folder.ts";

const ID = "bitnet-2b4t-packed";

describe("the engine's downloads", () => {
  const folder = temporaryFolder();
  let server: BadServer;
  let models = "";
  let runs = 0;

  before(async () => {
    const [kind] = KINDS;
    assert.ok(kind !== undefined);
    writeCheckpoint(folder.path("checkpoint"), kind);
    const names = ["config.json", "tokenizer.json", "model.safetensors"];
    const files = names.map((name) => [name, readFileSync(join(folder.path("checkpoint"), name))]);
    server = await BadServer.start(Object.fromEntries(files));
  });
  after(() => server.stop());
  beforeEach(() => {
    models = folder.path(`models-${runs++}`);
    mkdirSync(models);
    server.bytesPerSecond = 0;
  });

  function setup() {
    const reports: ModelProgress[] = [];
    let measured = 0;
    const downloads = new Downloads({
      models,
      settings: () => ({ mirror: server.origin, proxy: "", noProxy: [], strictSsl: true }),
      measure: async () => {
        measured++;
        return { readGBs: 40, macGMACs: 900 };
      },
      pack: async (path) => {
        const target = join(models, "made.pack");
        await packModel(path, target);
        return target;
      },
      onProgress: (progress) => reports.push(progress),
      log: () => {},
    });
    const row = async () => (await downloads.list()).find(({ id }) => id === ID);
    return { downloads, reports, row, measured: () => measured };
  }

  it("list what can be had, with memory and the speed of this machine, measured once", async () => {
    const { downloads, row, measured } = setup();
    const first = await row();
    assert.equal(first?.state, "available");
    assert.match(first?.needs ?? "", /^needs 2\.0 GB of memory, and writes about 20 to 40 tokens a second here$/);
    await downloads.list();
    await setup().downloads.list();
    assert.equal(measured(), 1);
  });

  it("download from the mirror, and tell how far they are", async () => {
    const { downloads, reports, row } = setup();
    const path = await downloads.download(ID, new AbortController().signal);
    assert.equal(path, join(models, ID));
    const found = await row();
    assert.deepEqual([found?.state, found?.path], ["installed", path]);
    assert.ok(reports.some(({ text }) => text.startsWith("Verifying")));
    assert.ok(reports.every(({ id }) => id === ID));
  });

  it("pause, show what there is, and go on", async () => {
    const { downloads, row } = setup();
    server.bytesPerSecond = 200_000;
    const controller = new AbortController();
    const running = downloads.download(ID, controller.signal);
    while ((await partialBytes(models, ID)) === 0) await turn();
    assert.equal((await row())?.state, "downloading");
    await assert.rejects(downloads.download(ID, new AbortController().signal), /being downloaded already/);
    controller.abort();
    await assert.rejects(running, /is paused/);
    const paused = await row();
    assert.equal(paused?.state, "partial");
    assert.ok((paused?.partialBytes ?? 0) > 0);
    server.bytesPerSecond = 0;
    await downloads.download(ID, new AbortController().signal);
    assert.equal((await row())?.state, "installed");
  });

  it("cancel and discard a running download", async () => {
    const { downloads, row } = setup();
    server.bytesPerSecond = 200_000;
    const running = downloads.download(ID, new AbortController().signal);
    const ended = assert.rejects(running, /cancelled/);
    await until(() => server.sent > 0);
    await downloads.remove(ID);
    await ended;
    assert.equal((await row())?.state, "available");
  });

  it("keep the packed form alone when asked", async () => {
    const { downloads, row } = setup();
    const { signal } = new AbortController();
    await downloads.download(ID, signal);
    const path = await downloads.compact(ID, signal);
    assert.equal(await isPack(path), true);
    const found = await row();
    assert.deepEqual([found?.packed, found?.path, found?.state], [true, path, "installed"]);
    assert.equal(await downloads.compact(ID, signal), path);
  });

  it("list models that were downloaded by their address", async () => {
    const { downloads } = setup();
    const own = join(models, "own");
    mkdirSync(own);
    writeFileSync(join(own, "own.gguf"), "12345");
    const manifest = { version: 1, id: "own", source: "https://x/own.gguf", files: [{ name: "own.gguf", bytes: 5 }] };
    writeFileSync(join(own, "sterna-model.json"), JSON.stringify(manifest));
    const row = (await downloads.list()).find(({ id }) => id === "own");
    assert.deepEqual([row?.state, row?.path, row?.source], ["installed", join(own, "own.gguf"), "https://x/own.gguf"]);
  });

  it("refuse what is not in the catalogue", async () => {
    await assert.rejects(setup().downloads.download("nothing", new AbortController().signal), /no model "nothing"/);
  });

  it("measure the machine in words", async () => {
    assert.match(
      await setup().downloads.bench(),
      /^Memory is read at 40\.0 GB\/s, 900 billion .* Ternary-Bonsai 4B .* about 20 to 30 tokens a second here\.$/,
    );
  });
});
