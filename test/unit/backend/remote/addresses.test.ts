import assert from "node:assert/strict";
import { ServerAddress } from "../../../../engine/backend/remote/serverAddress.ts";
import { ServerClient } from "../../../../engine/backend/remote/serverClient.ts";
import { DIRECT } from "../../../../engine/net/request.ts";
import { type Handler, StubServer, streamOf } from "./stubServer.ts";

/** The chat address that is tried first. */
const FIRST: [address: string, chat: string][] = [
  ["https://h", "https://h/v1/chat/completions"],
  ["https://h/", "https://h/v1/chat/completions"],
  ["https://h/v1", "https://h/v1/chat/completions"],
  ["https://h/v1/", "https://h/v1/chat/completions"],
  [" https://h/v1 ", "https://h/v1/chat/completions"],
  ['"https://h/v1"', "https://h/v1/chat/completions"],
  ["https://h/v1beta/openai/", "https://h/v1beta/openai/chat/completions"],
  ["https://h/api/v4", "https://h/api/v4/chat/completions"],
  ["https://h/api/paas/v4/", "https://h/api/paas/v4/chat/completions"],
  ["https://h/v1/chat/completions", "https://h/v1/chat/completions"],
  ["https://h/v1/completions", "https://h/v1/chat/completions"],
  ["https://h/v1/models", "https://h/v1/chat/completions"],
  ["https://h/openai/v1?api-version=2", "https://h/openai/v1/chat/completions?api-version=2"],
  [
    "https://h/openai/deployments/gpt/chat/completions?api-version=2024-10-21",
    "https://h/openai/deployments/gpt/chat/completions?api-version=2024-10-21",
  ],
  ["https://h/v1#models", "https://h/v1/chat/completions"],
  ["https://h:8443/llama", "https://h:8443/llama/chat/completions"],
  ["localhost:8080", "http://localhost:8080/v1/chat/completions"],
  ["127.0.0.1:1234/v1", "http://127.0.0.1:1234/v1/chat/completions"],
  ["http://0.0.0.0:8000", "http://0.0.0.0:8000/v1/chat/completions"],
  ["http://[::1]:8000/v1", "http://[::1]:8000/v1/chat/completions"],
  ["http://gpu.localhost:8000", "http://gpu.localhost:8000/v1/chat/completions"],
  ["`https://h/v1`", "https://h/v1/chat/completions"],
  ["<https://h/v1>", "https://h/v1/chat/completions"],
  ["\u201chttps://h/v1\u201d,", "https://h/v1/chat/completions"],
  ["\u200bhttps://h/v1\u00a0", "https://h/v1/chat/completions"],
  ["https://h/v1.", "https://h/v1/chat/completions"],
  ["https://h//v1//", "https://h/v1/chat/completions"],
  ["HTTPS://H/V1/", "https://h/V1/chat/completions"],
  ["https://h/v1/chat", "https://h/v1/chat/completions"],
  ["https://h/v1/messages", "https://h/v1/chat/completions"],
  ["https://h/v1/models/gpt", "https://h/v1/chat/completions"],
  ["https://name:word@h/v1", "https://name:word@h/v1/chat/completions"],
];

describe("the address of a server", () => {
  for (const [given, chat] of FIRST) {
    it(`is taken as given: ${given}`, () => {
      const address = new ServerAddress(given);
      assert.equal(address.url(address.bases[0] ?? "", "chat/completions").href, chat);
    });
  }

  it("has addresses beside the interface", () => {
    const beside = (given: string) => {
      const address = new ServerAddress(given);
      return address.beside(address.bases[0] ?? "", "props").href;
    };
    assert.deepEqual(["https://h", "https://h/v1", "https://h/gpu/v1?x=1", "https://h/gpu"].map(beside), [
      "https://h/props",
      "https://h/props",
      "https://h/gpu/props",
      "https://h/gpu/props",
    ]);
  });

  const REFUSED: [address: string, error: RegExp][] = [
    ["", /is no address of a server/],
    ["gpu-box", /put "https:\/\/" in front/],
    ["gpu-box:8000/v1", /put "https:\/\/" in front/],
    ["ftp://h", /must begin with https:\/\/ or http:\/\//],
    ["https://", /is no address of a server/],
    ["https:/h/v1", /needs two slashes/],
    ["http//localhost:8080", /needs two slashes/],
    ["curl https://h/v1", /has blanks/],
    ["https://h/v1\nhttps://i/v1", /has blanks/],
    ["http://gpu.example.com", /not reached over https: use an address that begins with https/],
    ["http://8.8.8.8:8000", /not reached over https: use an address that begins with https/],
    ["http://gpu-box:8000", /everybody in your network.*sterna\.server\.allowHttp/],
    ["http://192.168.1.5:8000", /sterna\.server\.allowHttp/],
  ];
  for (const [given, error] of REFUSED) {
    it(`is refused: ${JSON.stringify(given)}`, () => {
      assert.throws(() => new ServerAddress(given), error);
    });
  }

  for (const given of ["http://me:secret@h:99999", "http://h:99999/?key=secret", "me:secret@gpu-box/v1"]) {
    it(`is not told with its secrets: ${given}`, () => {
      assert.throws(
        () => new ServerAddress(given),
        (error: Error) => !error.message.includes("secret"),
      );
    });
  }

  const PRIVATE = [
    "http://192.168.1.5:8000",
    "http://10.1.2.3",
    "http://172.20.0.1",
    "http://100.100.1.1",
    "http://169.254.3.4",
    "http://[fd00::5]:8000",
    "http://[fe80::1]",
    "http://gpu-box:8000",
    "http://host.docker.internal:11434",
    "http://nas.local",
    "http://gpu.home.arpa",
    "http://gpu.lan.",
  ];
  for (const given of PRIVATE) {
    it(`may be in the clear in a private network when the setting says so: ${given}`, () => {
      assert.throws(() => new ServerAddress(given), /sterna\.server\.allowHttp/);
      assert.ok(new ServerAddress(given, true).isOwn);
    });
  }

  for (const given of ["http://gpu.example.com", "http://8.8.8.8", "http://172.32.0.1", "http://[2001:db8::1]"]) {
    it(`may not be in the clear in public, whatever the setting says: ${given}`, () => {
      assert.throws(() => new ServerAddress(given, true), /not reached over https/);
    });
  }
});

describe("a server's models", () => {
  let server: StubServer;

  before(async () => {
    server = await StubServer.start(() => undefined);
  });
  after(() => server.stop());
  beforeEach(() => {
    server.asked.length = 0;
  });

  async function connect(handler: Handler, settings: object = {}): Promise<ServerClient> {
    server.handler = handler;
    const all = { address: server.address, model: "", key: "", ...settings };
    const client = new ServerClient({ settings: all, net: DIRECT });
    await client.connect(new AbortController().signal);
    return client;
  }
  const listing = (list: unknown, path = "/v1/models"): Handler => {
    return (asked) => (asked.path === path ? { body: JSON.stringify(list) } : undefined);
  };
  const data = (...ids: string[]) => ({ object: "list", data: ids.map((id) => ({ id })) });

  const LISTS: [what: string, list: unknown, model: string][] = [
    ["as OpenAI lists them", data("a", "b"), "a"],
    ["as a plain list", [{ id: "a" }], "a"],
    ["by name", { models: [{ name: "a" }] }, "a"],
    ["as names alone", { data: ["a"] }, "a"],
    ["as a result", { success: true, result: [{ name: "a" }] }, "a"],
    ["with entries that are none", { data: [null, 3, {}, { id: 5 }, { id: "a" }] }, "a"],
  ];
  for (const [what, list, model] of LISTS) {
    it(`are read ${what}`, async () => {
      assert.equal((await connect(listing(list))).model, model);
    });
  }

  const NAMES: [wanted: string, listed: string[], taken: string][] = [
    ["coder", ["other", "coder:latest"], "coder:latest"],
    ["coder", ["coder:7b-q4", "other"], "coder:7b-q4"],
    ["gemini-2.5-flash", ["models/gemini-2.5-pro", "models/gemini-2.5-flash"], "models/gemini-2.5-flash"],
    ["qwen", ["/srv/models/qwen.gguf"], "/srv/models/qwen.gguf"],
    ["qwen.gguf", ["C:\\models\\Qwen.gguf"], "C:\\models\\Qwen.gguf"],
    ["big-model", ["big-model-00001-of-00002.gguf"], "big-model-00001-of-00002.gguf"],
    ["coder:latest", ["coder"], "coder"],
    [" coder ", ["coder"], "coder"],
    ["Qwen/Qwen3-8B", ["qwen/qwen3-8b"], "qwen/qwen3-8b"],
    ["Qwen3-8B", ["Qwen/Qwen3-8B"], "Qwen/Qwen3-8B"],
  ];
  for (const [wanted, listed, taken] of NAMES) {
    it(`are found by another name: ${wanted} for ${taken}`, async () => {
      assert.equal((await connect(listing(data(...listed)), { model: wanted })).model, taken);
    });
  }

  it("are not mixed up between owners", async () => {
    await assert.rejects(
      connect(
        ({ path }) =>
          path === "/v1/models"
            ? { body: JSON.stringify(data("other/llama")) }
            : { status: 404, body: '{"error":{"message":"model not found"}}' },
        { model: "mine/llama" },
      ),
      /has no model "mine\/llama", it has other\/llama/,
    );
  });

  it("may have names that are not listed", async () => {
    const client = await connect(
      ({ path }) =>
        path === "/v1/models"
          ? { body: JSON.stringify(data("other")) }
          : path === "/v1/chat/completions"
            ? { body: streamOf("yes") }
            : undefined,
      { model: "alias" },
    );
    assert.equal(client.model, "alias");
  });

  it("need not be listed at all", async () => {
    const client = await connect(
      ({ path }) => (path === "/v1/chat/completions" ? { body: streamOf("yes") } : { status: 404 }),
      { model: "mine" },
    );
    assert.equal(client.model, "mine");
    await assert.rejects(
      connect(() => ({ status: 404 })),
      /knows no such address \(404\)/,
    );
  });

  it("are looked for below the address where it has no version", async () => {
    const client = await connect(listing(data("a"), "/llama/v1/models"), { address: `${server.address}/llama` });
    assert.equal(client.model, "a");
    const bare = await connect(listing(data("b"), "/models"));
    assert.equal(bare.model, "b");
  });

  for (const path of ["/api", "/api/chat", "/api/generate", "/api/tags", "/completion", "/infill", "/props"]) {
    it(`are found where the address is that of the server's own interface: ${path}`, async () => {
      const client = await connect(listing(data("a")), { address: server.address + path });
      assert.equal(client.model, "a");
    });
  }

  it("are none where Ollama has none", async () => {
    await assert.rejects(
      connect(listing({ object: "list", data: null })),
      /^ServerError: \S+ has no models: load one there/,
    );
  });

  it("that do not write are passed over where none is named", async () => {
    const list = data("text-embedding-nomic-embed-text-v1.5", "bge-m3", "whisper-1", "qwen3:4b");
    assert.equal((await connect(listing(list))).model, "qwen3:4b");
    assert.equal((await connect(listing(data("nomic-embed-text")))).model, "nomic-embed-text");
    const others = ["all-minilm:latest", "gpt-image-1", "gpt-4o-transcribe", "playai-tts", "llama-guard-3", "sora-2"];
    assert.equal((await connect(listing(data(...others, "gpt-4o")))).model, "gpt-4o");
  });

  it("may be listed behind a byte order mark", async () => {
    const client = await connect(({ path }) =>
      path === "/v1/models" ? { body: `\ufeff${JSON.stringify(data("a"))}` } : undefined,
    );
    assert.equal(client.model, "a");
  });

  it("of a page are none", async () => {
    await assert.rejects(
      connect(() => ({ body: "<html>Sign in</html>" })),
      /does not answer as an OpenAI-compatible/,
    );
  });

  const CONTEXTS: [what: string, handler: Handler, tokens: number | undefined][] = [
    ["vLLM's list", listing({ data: [{ id: "a", owned_by: "vllm", max_model_len: 32_768 }] }), 32_768],
    ["a list with context_length", listing({ data: [{ id: "a", context_length: 65_536 }] }), 65_536],
    ["a list with context_window", listing({ data: [{ id: "a", context_window: 8192 }] }), 8192],
    ["a list with numbers as texts", listing({ data: [{ id: "a", context_length: "4096" }] }), 4096],
    [
      "a list with the loaded context beside the greatest",
      listing({ data: [{ id: "a", loaded_context_length: 4096, max_context_length: 131_072 }] }),
      4096,
    ],
    [
      "a list with limits",
      listing({ data: [{ id: "a", capabilities: { limits: { max_context_window_tokens: 8000 } } }] }),
      8000,
    ],
    ["llama.cpp's list", listing({ data: [{ id: "a", meta: { n_ctx: 4096, n_ctx_train: 131_072 } }] }), 4096],
    [
      "llama.cpp's properties",
      ({ path }) =>
        path === "/v1/models"
          ? { body: JSON.stringify({ data: [{ id: "a", owned_by: "llamacpp", meta: { n_ctx_train: 131_072 } }] }) }
          : path === "/props"
            ? { body: '{"default_generation_settings":{"n_ctx":16384},"total_slots":1}' }
            : undefined,
      16_384,
    ],
    [
      "what an Ollama model sets",
      ({ path, body }) =>
        path === "/v1/models"
          ? { body: JSON.stringify({ data: [{ id: "a:latest", owned_by: "library" }] }) }
          : path === "/api/show" && body.model === "a:latest"
            ? { body: '{"parameters":"stop \\"x\\"\\nnum_ctx     12288","model_info":{"llama.context_length":131072}}' }
            : undefined,
      12_288,
    ],
    [
      "what Ollama has loaded a model with",
      ({ path }) =>
        path === "/v1/models"
          ? { body: JSON.stringify({ data: [{ id: "a:latest", owned_by: "library" }] }) }
          : path === "/api/show"
            ? { body: '{"model_info":{"llama.context_length":131072}}' }
            : path === "/api/ps"
              ? { body: '{"models":[{"name":"a:latest","context_length":32768}]}' }
              : undefined,
      32_768,
    ],
    [
      "Ollama's default",
      ({ path }) =>
        path === "/v1/models"
          ? { body: JSON.stringify({ data: [{ id: "a", owned_by: "library" }] }) }
          : path === "/api/show"
            ? { body: '{"model_info":{"llama.context_length":131072}}' }
            : undefined,
      4096,
    ],
    [
      "LM Studio's model",
      ({ path }) =>
        path === "/v1/models"
          ? { body: JSON.stringify(data("org/a")) }
          : path === "/api/v0/models/org/a"
            ? { body: '{"id":"org/a","max_context_length":131072,"loaded_context_length":8192}' }
            : undefined,
      8192,
    ],
    ["a server that does not tell", listing(data("a")), undefined],
  ];
  for (const [what, handler, tokens] of CONTEXTS) {
    it(`have the context of ${what}`, async () => {
      assert.equal((await connect(handler)).contextTokens, tokens);
    });
  }

  it("have the context that the settings say, whatever the server says", async () => {
    const handler = listing({ data: [{ id: "a", max_model_len: 32_768 }] });
    assert.equal((await connect(handler, { contextTokens: 10_000 })).contextTokens, 10_000);
  });

  it("are asked for with the key", async () => {
    await connect(listing(data("a")), { key: "secret" });
    assert.equal(server.asked[0]?.headers.authorization, "Bearer secret");
    await connect(listing(data("a")));
    assert.ok(!("authorization" in (server.asked.at(-1)?.headers ?? {})));
  });

  for (const key of ["secret\n", " secret ", "Bearer secret", "bearer  secret"]) {
    it(`are asked for with a key as people paste it: ${JSON.stringify(key)}`, async () => {
      await connect(listing(data("a")), { key });
      assert.equal(server.asked[0]?.headers.authorization, "Bearer secret");
    });
  }

  for (const key of ["sec ret", "schlüssel", "a\nb"]) {
    it(`are not asked for with what is no key: ${JSON.stringify(key)}`, async () => {
      await assert.rejects(connect(listing(data("a")), { key }), /has blanks or signs that no key has: set it again/);
      assert.equal(server.asked.length, 0);
    });
  }
});
