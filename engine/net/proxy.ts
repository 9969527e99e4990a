/**
 * Chooses the proxy of a request: the one that VS Code has resolved for the address, else the editor's setting, else
 * the environment's variables.
 */
import { BlockList, isIP } from "node:net";
import { hostName, isListed, isLoopback } from "./address.ts";

export interface ProxySettings {
  /** Address of the proxy, as in VS Code's `http.proxy`; "" means the environment's. */
  proxy: string;
  /** Hosts that are contacted directly, as in `http.noProxy`. */
  noProxy: readonly string[];
  /**
   * The answer of a PAC script for the address, such as "PROXY proxy:8080; DIRECT". It has precedence over everything
   * else.
   */
  resolvedProxy?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy for an address; undefined when the request is sent directly.
 * @throws TypeError with one line that names the setting or variable when its value cannot be used
 */
export function proxyFor(url: URL, settings: ProxySettings, env: Environment): URL | undefined {
  if (isLoopback(url.hostname)) return undefined;
  if (settings.resolvedProxy?.trim()) return resolved(settings.resolvedProxy);
  const exceptions = settings.noProxy.length > 0 ? settings.noProxy : [read(env, "no_proxy").value];
  if (exceptions.flatMap((list) => list.split(/[\s,;]+/)).some((pattern) => matches(url, pattern))) return undefined;
  const variable = url.protocol === "https:" ? "https_proxy" : "http_proxy";
  const candidates = [
    { name: "http.proxy", value: settings.proxy.trim() },
    read(env, variable),
    read(env, "all_proxy"),
  ];
  const found = candidates.find(({ value }) => value !== "");
  return found && address(found.value, found.name);
}

/** A variable's name and value; the name may be in lower or upper case. */
function read(env: Environment, name: string): { name: string; value: string } {
  const value = [name, name.toUpperCase()].find((spelling) => env[spelling]?.trim());
  return value === undefined ? { name, value: "" } : { name: value, value: env[value]?.trim() ?? "" };
}

function address(value: string, name: string): URL {
  const where = name === "http.proxy" ? 'the setting "http.proxy"' : `the environment variable ${name}`;
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  if (!URL.canParse(text)) throw new TypeError(`The proxy "${withoutSecret(value)}" is no address: check ${where}.`);
  const url = new URL(text);
  if (/^socks/i.test(url.protocol)) {
    throw new TypeError(
      `The proxy ${url.host} in ${where} is a SOCKS proxy, which Sterna cannot use: name an http proxy in the ` +
        'setting "http.proxy", or except this host with "http.noProxy".',
    );
  }
  if (!/^https?:$/.test(url.protocol)) {
    throw new TypeError(`The proxy "${withoutSecret(value)}" is no http address: check ${where}.`);
  }
  return url;
}

function withoutSecret(value: string): string {
  return value.replace(/^([a-z]+:\/\/)?[^/@]*@/i, "$1");
}

/** The first usable proxy in a PAC script's answer. */
function resolved(answer: string): URL | undefined {
  for (const way of answer.split(";").map((part) => part.trim())) {
    const [, kind = "", host = ""] = /^([a-z0-9]+)(?:\s+(\S+))?$/i.exec(way) ?? [];
    if (/^direct$/i.test(kind)) return undefined;
    const scheme = /^https$/i.test(kind) ? "https" : /^(proxy|http)$/i.test(kind) ? "http" : undefined;
    if (scheme !== undefined && URL.canParse(`${scheme}://${host}`)) return new URL(`${scheme}://${host}`);
  }
  throw new TypeError(`The proxy script answers "${answer}", and Sterna can use http proxies only.`);
}

/**
 * Whether a pattern matches: "*" (also as a part), the host itself, a domain that contains it, or a network ("10.0.0.0/8") that contains
 * its address. A pattern may name a port.
 */
function matches(url: URL, pattern: string): boolean {
  if (pattern === "") return false;
  if (pattern === "*") return true;
  const host = hostName(url.hostname);
  // Windows' word for all hosts without a domain.
  if (pattern === "<local>") return !host.includes(".") && isIP(host) === 0;
  const network = /^\[?([\da-f.:]+)\]?\/(\d+)$/i.exec(pattern);
  if (network !== null) return isInNetwork(host, network[1] ?? "", Number(network[2]));
  const { name, port } = split(pattern.toLowerCase());
  if (port !== "" && port !== (url.port || (url.protocol === "https:" ? "443" : "80"))) return false;
  const domain = name.replace(/^\*?\./, "").replace(/\.$/, "");
  if (domain.includes("*")) return wildcard(domain).test(host);
  if (isIP(domain) === 6) return isInNetwork(host, domain, 128);
  return host === domain || host.endsWith(`.${domain}`);
}

/** "10.*" and "*-dev.example.com" as people write them for Windows. */
function wildcard(pattern: string): RegExp {
  const parts = pattern.split(/\*+/).map((part) => part.replace(/[^\w-]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`);
}

/** A pattern's host and port. The colons of an IPv6 address without brackets are part of the host. */
function split(pattern: string): { name: string; port: string } {
  const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(pattern);
  if (bracketed !== null) return { name: bracketed[1] ?? "", port: bracketed[2] ?? "" };
  if (isIP(pattern) === 6) return { name: pattern, port: "" };
  const [, name = "", port = ""] = /^(.*?)(?::(\d+))?$/.exec(pattern) ?? [];
  return { name, port };
}

function isInNetwork(host: string, network: string, bits: number): boolean {
  const family = isIP(network);
  if (family === 0 || bits > (family === 6 ? 128 : 32)) return false;
  const list = new BlockList();
  list.addSubnet(network, bits, family === 6 ? "ipv6" : "ipv4");
  return isListed(list, host);
}
