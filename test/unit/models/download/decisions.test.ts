import assert from "node:assert/strict";
import { decide, type Failure, waitAsked } from "../../../../engine/models/download/retry.ts";
import { expect, readStatement } from "../../../../engine/models/download/statement.ts";
import { proxyFor } from "../../../../engine/net/proxy.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");

describe("whether a broken transfer is tried again", () => {
  const rows: [failure: Partial<Failure>, fruitless: number, wanted: number | RegExp][] = [
    [{}, 0, 0],
    [{}, 1, 1000],
    [{}, 4, 8000],
    [{}, 6, /tried 6 times/],
    [{ status: 403 }, 0, /^it broke$/],
    [{ status: 404 }, 1, /^it broke$/],
    [{ status: 500 }, 2, 2000],
    [{ status: 408 }, 1, 1000],
    [{ status: 429, retryAfter: "30" }, 1, 30_000],
    [{ status: 503, retryAfter: "Thu, 01 Jan 2026 00:01:00 GMT" }, 1, 60_000],
    [{ status: 429, retryAfter: "0" }, 3, 4000],
    [{ status: 429, retryAfter: "3600" }, 1, /come back in 60 minutes/],
  ];
  for (const [failure, fruitless, wanted] of rows) {
    it(`${JSON.stringify(failure)} after ${fruitless} attempts in vain: ${wanted}`, () => {
      const decision = decide({ message: "it broke", ...failure }, fruitless, NOW);
      if (typeof wanted === "number") assert.deepEqual(decision, { kind: "retry", afterMs: wanted });
      else assert.match(decision.kind === "give-up" ? decision.message : "it is tried again", wanted);
    });
  }

  it("takes no notice of a Retry-After that it cannot read", () => {
    assert.equal(waitAsked("soon", NOW), undefined);
    assert.equal(waitAsked("Wed, 31 Dec 2025 00:00:00 GMT", NOW), 0);
  });
});

describe("what a server states about a file", () => {
  const hex64 = "a".repeat(64);
  const hex40 = "b".repeat(40);
  const rows: [what: string, headers: Record<string, string>, status: number, wanted: object][] = [
    [
      "a hub's redirect",
      { "x-linked-etag": `"${hex64}"`, "x-linked-size": "12", "x-repo-commit": hex40, etag: '"other"' },
      302,
      { bytes: 12, digest: { algorithm: "sha256", hex: hex64 } },
    ],
    [
      "a hub's small file",
      { etag: `"${hex40}"`, "content-length": "7", "x-repo-commit": hex40 },
      200,
      { bytes: 7, digest: { algorithm: "git-sha1", hex: hex40 } },
    ],
    [
      "a weak tag",
      { etag: `W/"${hex40}"`, "x-repo-commit": hex40 },
      200,
      { digest: { algorithm: "git-sha1", hex: hex40 } },
    ],
    ["a store's own tag", { etag: `"${hex40}"`, "content-length": "7" }, 200, { bytes: 7 }],
    ["the length of a redirect's own text", { "content-length": "99" }, 302, {}],
    ["a part", { "content-range": "bytes 0-0/500", "content-length": "1" }, 206, { bytes: 500 }],
    ["nothing", {}, 200, {}],
  ];
  for (const [what, headers, status, wanted] of rows) {
    it(what, () => assert.deepEqual(readStatement(headers, status), wanted));
  }

  it("has the catalogue's word for it where it states nothing", () => {
    const pin = { sha256: hex64, bytes: 5 };
    assert.deepEqual(expect("f", {}, pin), { bytes: 5, digest: { algorithm: "sha256", hex: hex64 } });
    assert.throws(() => expect("f", { bytes: 6 }, pin), /offers 6 bytes, but the known file has 5/);
    assert.throws(() => expect("f", { digest: { algorithm: "sha256", hex: "c".repeat(64) } }, pin), /replaced/);
    assert.throws(() => expect("f", { bytes: 6 }, undefined), /no checksum/);
    assert.throws(() => expect("f", { digest: { algorithm: "sha256", hex: hex64 } }, undefined), /no size/);
  });
});

describe("the proxy of a request", () => {
  const none = { proxy: "", noProxy: [] };
  const rows: [string, { proxy: string; noProxy: string[] }, Record<string, string>, string | undefined][] = [
    ["https://hub.example/", none, {}, undefined],
    ["https://hub.example/", { proxy: "http://p:3128", noProxy: [] }, {}, "http://p:3128/"],
    ["https://hub.example/", { proxy: "p:3128", noProxy: [] }, {}, "http://p:3128/"],
    ["https://hub.example/", none, { HTTPS_PROXY: "http://q" }, "http://q/"],
    ["https://hub.example/", none, { http_proxy: "http://q" }, undefined],
    ["http://hub.example/", none, { http_proxy: "http://q" }, "http://q/"],
    ["https://hub.example/", none, { all_proxy: "http://q" }, "http://q/"],
    ["https://hub.example/", { proxy: "http://p", noProxy: [] }, { HTTPS_PROXY: "http://q" }, "http://p/"],
    ["https://hub.example/", { proxy: "http://p", noProxy: ["example"] }, {}, undefined],
    ["https://hub.example/", { proxy: "http://p", noProxy: [".hub.example"] }, {}, undefined],
    ["https://hub.example/", { proxy: "http://p", noProxy: ["hub.example:444"] }, {}, "http://p/"],
    ["https://hub.example:444/", { proxy: "http://p", noProxy: ["hub.example:444"] }, {}, undefined],
    ["https://thehub.example/", { proxy: "http://p", noProxy: ["hub.example"] }, {}, "http://p/"],
    ["https://hub.example/", none, { https_proxy: "http://q", no_proxy: "a.b, *.example" }, undefined],
    ["https://hub.example/", { proxy: "http://p", noProxy: ["*"] }, {}, undefined],
    ["http://127.0.0.1:8080/", { proxy: "http://p", noProxy: [] }, {}, undefined],
    ["http://[::1]:8080/", { proxy: "http://p", noProxy: [] }, {}, undefined],
  ];
  for (const [url, settings, env, wanted] of rows) {
    it(`${url} with ${JSON.stringify({ ...settings, ...env })}: ${wanted ?? "direct"}`, () => {
      assert.equal(proxyFor(new URL(url), settings, env)?.href, wanted);
    });
  }

  it("that is no address is refused with advice", () => {
    const bad = { proxy: "ftp://p", noProxy: [] };
    assert.throws(() => proxyFor(new URL("https://hub.example/"), bad, {}), /no http address: check the setting/);
  });
});
