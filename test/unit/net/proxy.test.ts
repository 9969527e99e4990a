import assert from "node:assert/strict";
import { proxyFor } from "../../../engine/net/proxy.ts";

const NONE = { proxy: "", noProxy: [] };
const PROXY = "http://proxy:8080/";

/** The settings, the address that is requested, and the expected proxy; "" for none. */
const CASES: [what: string, settings: object, env: Record<string, string>, url: string, proxy: string][] = [
  ["nothing", {}, {}, "https://h", ""],
  ["the editor's setting", { proxy: "http://proxy:8080" }, {}, "https://h", PROXY],
  ["an address without a scheme", { proxy: "proxy:8080" }, {}, "https://h", PROXY],
  ["the setting before the environment", { proxy: PROXY }, { https_proxy: "http://other" }, "https://h", PROXY],
  ["a variable", {}, { HTTPS_PROXY: PROXY }, "https://h", PROXY],
  ["a variable of another scheme", {}, { HTTP_PROXY: PROXY }, "https://h", ""],
  ["a variable for all", {}, { ALL_PROXY: PROXY }, "https://h", PROXY],
  ["a blank variable", {}, { https_proxy: "  ", ALL_PROXY: PROXY }, "https://h", PROXY],
  ["this machine", { proxy: PROXY }, {}, "http://127.0.0.1:8000", ""],
  ["this machine by its other name", { proxy: PROXY }, {}, "http://localhost:8000", ""],
  ["an exception", { proxy: PROXY, noProxy: ["h"] }, {}, "https://h", ""],
  ["an exception of a domain", { proxy: PROXY, noProxy: [".example.com"] }, {}, "https://a.example.com", ""],
  [
    "an exception of a domain with a star",
    { proxy: PROXY, noProxy: ["*.example.com"] },
    {},
    "https://a.example.com",
    "",
  ],
  ["an exception of another domain", { proxy: PROXY, noProxy: ["example.com"] }, {}, "https://badexample.com", PROXY],
  ["an exception with a port", { proxy: PROXY, noProxy: ["h:8443"] }, {}, "https://h:8443", ""],
  ["an exception with another port", { proxy: PROXY, noProxy: ["h:8443"] }, {}, "https://h", PROXY],
  ["exceptions with commas", { proxy: PROXY }, { NO_PROXY: "a,h" }, "https://h", ""],
  ["exceptions with blanks", { proxy: PROXY }, { no_proxy: "a h  b" }, "https://h", ""],
  ["exceptions with commas and blanks", { proxy: PROXY }, { no_proxy: "a , h" }, "https://h", ""],
  ["a star", { proxy: PROXY }, { no_proxy: "*" }, "https://h", ""],
  ["a network", { proxy: PROXY }, { NO_PROXY: "10.0.0.0/8" }, "https://10.1.2.3", ""],
  ["another network", { proxy: PROXY }, { NO_PROXY: "10.0.0.0/8" }, "https://11.1.2.3", PROXY],
  ["a network, asked by name", { proxy: PROXY }, { NO_PROXY: "10.0.0.0/8" }, "https://h", PROXY],
  ["a network that is none", { proxy: PROXY }, { NO_PROXY: "10.0.0.0/99" }, "https://10.1.2.3", PROXY],
  ["an IPv6 address", { proxy: PROXY, noProxy: ["fd00::5"] }, {}, "https://[fd00::5]", ""],
  ["an IPv6 address in brackets", { proxy: PROXY, noProxy: ["[fd00::5]:443"] }, {}, "https://[fd00:0:0::5]", ""],
  ["an IPv6 network", { proxy: PROXY, noProxy: ["fd00::/8"] }, {}, "https://[fd12::1]", ""],
  ["another IPv6 address", { proxy: PROXY, noProxy: ["fd00::5"] }, {}, "https://[fd00::6]", PROXY],
  ["an exception with a star at its end", { proxy: PROXY, noProxy: ["10.*"] }, {}, "https://10.1.2.3", ""],
  [
    "an exception with a star within",
    { proxy: PROXY, noProxy: ["*-dev.example.com"] },
    {},
    "https://a-dev.example.com",
    "",
  ],
  ["an exception with a star for others", { proxy: PROXY, noProxy: ["10.*"] }, {}, "https://110.example.com", PROXY],
  ["Windows' word for local hosts", { proxy: PROXY, noProxy: ["<local>"] }, {}, "https://h", ""],
  ["Windows' word for local hosts, for others", { proxy: PROXY, noProxy: ["<local>"] }, {}, "https://h.com", PROXY],
  ["a proxy script", { resolvedProxy: "PROXY proxy:8080; DIRECT", noProxy: ["h"] }, {}, "https://h", PROXY],
  ["a proxy script that says direct", { resolvedProxy: "DIRECT", proxy: PROXY }, {}, "https://h", ""],
  ["a proxy script with https", { resolvedProxy: "HTTPS proxy:443" }, {}, "https://h", "https://proxy/"],
  [
    "a proxy script whose first way cannot be gone",
    { resolvedProxy: "SOCKS5 s:1; PROXY proxy:8080" },
    {},
    "https://h",
    PROXY,
  ],
];

const REFUSED: [what: string, settings: object, env: Record<string, string>, error: RegExp][] = [
  [
    "socks in a variable",
    {},
    { ALL_PROXY: "socks5h://s:1080" },
    /s:1080 in the environment variable ALL_PROXY is a SOCKS proxy/,
  ],
  ["socks in the setting", { proxy: "socks5://s:1080" }, {}, /in the setting "http\.proxy" is a SOCKS proxy/],
  ["no address in a variable", {}, { https_proxy: "http://a b" }, /check the environment variable https_proxy/],
  [
    "another scheme",
    { proxy: "ftp://me:secret@s" },
    {},
    /^(?!.*secret).*is no http address: check the setting "http\.proxy"/,
  ],
  ["a script with socks alone", { resolvedProxy: "SOCKS s:1080" }, {}, /proxy script answers "SOCKS s:1080"/],
];

describe("the proxy of a request", () => {
  for (const [what, settings, env, url, proxy] of CASES) {
    it(`follows ${what}`, () => {
      assert.equal(proxyFor(new URL(url), { ...NONE, ...settings }, env)?.href ?? "", proxy);
    });
  }
  for (const [what, settings, env, error] of REFUSED) {
    it(`is refused by the name of what is wrong: ${what}`, () => {
      assert.throws(() => proxyFor(new URL("https://h"), { ...NONE, ...settings }, env), error);
    });
  }
});
