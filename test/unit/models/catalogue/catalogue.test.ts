import assert from "node:assert/strict";
import { CATALOGUE, findEntry } from "../../../../engine/models/catalogue/catalogue.ts";
import type { SourceForm } from "../../../../engine/models/catalogue/entry.ts";
import {
  fitness,
  memoryBytes,
  packBytes,
  planDownload,
  recommendedFor,
} from "../../../../engine/models/catalogue/fitness.ts";
import { isPlainName } from "../../../../engine/models/download/installed.ts";
import { SHAPE_2B4T } from "../../../../engine/models/synth.ts";

describe("the catalogue", () => {
  it("names every model once, with names that are safe as folders", () => {
    assert.equal(new Set(CATALOGUE.map(({ id }) => id)).size, CATALOGUE.length);
    for (const { id, files } of CATALOGUE) {
      assert.ok(isPlainName(id), id);
      assert.ok(files.every((file) => isPlainName(file.name)));
      assert.equal(new Set(files.map((file) => file.name)).size, files.length);
    }
  });

  it("holds every family and form that the product promises", () => {
    const ids = CATALOGUE.map(({ id }) => id).join(" ");
    for (const word of ["2b4t ", "2b4t-packed", "2b4t-master", "large", "bitnet-3b", "llama3-8b"]) {
      assert.ok(ids.includes(word), word);
    }
    for (const size of ["1b", "3b", "7b", "10b"]) assert.ok(findEntry(`falcon3-${size}-instruct`), size);
    for (const kind of ["1b-instruct", "3b-instruct", "1b-base", "3b-base"]) {
      assert.ok(findEntry(`falcon-e-${kind}`), kind);
    }
  });

  it("pins whole SHA-256 sums, and no two files share one", () => {
    const pins = CATALOGUE.flatMap(({ files }) => files.flatMap(({ pin }) => pin ?? []));
    assert.ok(pins.length >= 7);
    for (const { sha256, bytes } of pins) {
      assert.match(sha256, /^[0-9a-f]{64}$/);
      assert.ok(bytes > 1e8);
    }
    assert.equal(new Set(pins.map(({ sha256 }) => sha256)).size, pins.length);
  });

  // An I2_S file has the body at 2 bits, the embedding and a separate output matrix in f16, and the vocabulary.
  for (const entry of CATALOGUE.filter(({ form }) => form === "gguf")) {
    it(`gives ${entry.name} the weights that the size of its file tells`, () => {
      const { body, vocab, hidden, tied } = entry.weights;
      const rest = entry.bytes - body / 4 - vocab * hidden * (tied ? 2 : 4);
      assert.ok(rest > 1e6 && rest < 12e6, `${rest} bytes for the vocabulary`);
    });
  }

  const GROUP_BYTES: Partial<Record<SourceForm, number>> = { grouped: 34, binary: 18 };
  for (const entry of CATALOGUE.filter(({ form }) => GROUP_BYTES[form] !== undefined)) {
    const bytes = GROUP_BYTES[entry.form] ?? 0;
    it(`gives ${entry.name} the weights that the size of its file tells, at ${bytes} bytes for each 128`, () => {
      const { body, vocab, hidden, tied } = entry.weights;
      const rest = entry.bytes - ((body + vocab * hidden * (tied ? 1 : 2)) * bytes) / 128;
      assert.ok(rest > 1e6 && rest < 12e6, `${rest} bytes for the vocabulary`);
      assert.match(entry.goodFor, /Created using Bonsai by Prism ML\./);
    });
  }

  it("counts 2B4T as it is", () => {
    const { hiddenSize: h, layerCount, ffnSize } = SHAPE_2B4T;
    const body = layerCount * (2 * h * h + 2 * h * 640 + 3 * h * ffnSize);
    assert.equal(findEntry("bitnet-2b4t")?.weights.body, body);
  });
});

describe("the plan of a download", () => {
  const entry = CATALOGUE[0];
  assert.ok(entry !== undefined);

  it("asks the hub, or the mirror with the same addresses", () => {
    const at = (mirror: string) => planDownload(entry, mirror).files[0]?.url.href;
    const rest = "microsoft/bitnet-b1.58-2B-4T-gguf/resolve/main/ggml-model-i2_s.gguf";
    assert.equal(at(""), `https://huggingface.co/${rest}`);
    assert.equal(at("https://mirror.example/hf/"), `https://mirror.example/hf/${rest}`);
    assert.equal(at("http://127.0.0.1:8000"), `http://127.0.0.1:8000/${rest}`);
  });

  it("knows a file by the same key whatever the mirror", () => {
    const key = (mirror: string) => planDownload(entry, mirror).files[0]?.key;
    assert.equal(key(""), key("https://mirror.example"));
  });

  it("refuses a mirror in the clear, no address, and a model with an obstacle", () => {
    assert.throws(() => planDownload(entry, "http://mirror.example"), /https/);
    assert.throws(() => planDownload(entry, "mirror"), /no address: check the setting/);
    assert.throws(() => planDownload({ ...entry, obstacle: "Its tokenizer." }, ""), /cannot be used: Its tokenizer\./);
  });

  it("keeps room for the packed model", () => {
    const { weights } = entry;
    assert.equal(planDownload(entry, "").extraBytes, packBytes(weights));
    assert.ok(Math.abs(packBytes(weights) - 1.506e9) < 2e7, `${packBytes(weights)}`);
  });

  it("says whether a machine can run a model, and how fast", () => {
    const big = findEntry("falcon3-10b-instruct");
    assert.ok(big !== undefined);
    const laptop = { totalMemory: 8e9, readBytesPerSecond: 40e9 };
    assert.ok(memoryBytes(entry) < 2.5e9 && memoryBytes(big) > 4.8e9);
    assert.deepEqual(
      [entry, big].map((one) => fitness(one, laptop).fits),
      [true, false],
    );
    assert.match(
      fitness(entry, laptop).detail,
      /^needs \d\.\d GB of memory, and writes about 20 to 40 tokens a second here$/,
    );
    assert.match(fitness(big, laptop).detail, /this machine has 8\.0 GB$/);
    assert.doesNotMatch(fitness(entry, { ...laptop, readBytesPerSecond: 0 }).detail, /tokens a second/);
  });
});

describe("the model to begin with", () => {
  const GB = 1e9;
  const rows: [what: string, totalMemory: number, readBytesPerSecond: number, id: string][] = [
    ["writes the best code where memory and speed suffice", 16 * GB, 40 * GB, "ternary-bonsai-4b"],
    ["is not the larger one that scores lower", 64 * GB, 200 * GB, "ternary-bonsai-4b"],
    ["has weights of 1 bit where memory is read slowly", 16 * GB, 12 * GB, "bonsai-4b"],
    ["has weights of 1 bit where there is little memory", 2.5 * GB, 40 * GB, "bonsai-4b"],
    ["is a smaller one where memory is read more slowly", 16 * GB, 7 * GB, "ternary-bonsai-1.7b"],
    ["is a smaller one where there is less memory", 2 * GB, 40 * GB, "ternary-bonsai-1.7b"],
    ["is the fastest where none is fast", 16 * GB, 3 * GB, "bonsai-1.7b"],
    ["is chosen by memory where the speed is not known", 16 * GB, 0, "ternary-bonsai-4b"],
    ["is none where none fits", 1 * GB, 40 * GB, ""],
  ];
  for (const [what, totalMemory, readBytesPerSecond, id] of rows) {
    it(what, () => assert.equal(recommendedFor({ totalMemory, readBytesPerSecond }), id));
  }

  it("is one that can be used and that chats", () => {
    const best = findEntry("ternary-bonsai-4b");
    assert.ok(best !== undefined);
    const others = CATALOGUE.filter(({ id }) => id === "bitnet-2b4t");
    const machine = { totalMemory: 16 * GB, readBytesPerSecond: 40 * GB };
    for (const worse of [
      { ...best, obstacle: "No." },
      { ...best, profile: "base" as const },
    ]) {
      assert.equal(recommendedFor(machine, [worse, ...others]), "bitnet-2b4t");
    }
  });

  it("is ordered by scores that are percentages", () => {
    for (const { codeScore = 50 } of CATALOGUE) assert.ok(codeScore > 1 && codeScore < 100);
  });
});
