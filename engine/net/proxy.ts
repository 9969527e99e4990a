/** Which proxy a request goes through: the editor's setting first, then the environment's variables. */

export interface ProxySettings {
  /** Address of the proxy, as in VS Code's `http.proxy`; empty: what the environment says. */
  proxy: string;
  /** Hosts that are reached directly, as in `http.noProxy`. */
  noProxy: readonly string[];
}

/** Hosts of this machine; what is asked of them never goes through a proxy. */
export function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, "");
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

/**
 * The proxy for an address, or undefined where the request goes out directly.
 * @throws TypeError with one line when the setting is no address
 */
export function proxyFor(
  url: URL,
  settings: ProxySettings,
  env: Readonly<Record<string, string | undefined>>,
): URL | undefined {
  const read = (name: string) => env[name.toLowerCase()] || env[name.toUpperCase()] || "";
  if (isLoopback(url.hostname)) return undefined;
  const exceptions = settings.noProxy.length > 0 ? settings.noProxy : read("no_proxy").split(",");
  if (exceptions.some((pattern) => matches(url, pattern.trim()))) return undefined;
  const variable = url.protocol === "https:" ? "https_proxy" : "http_proxy";
  const address = settings.proxy.trim() || read(variable) || read("all_proxy");
  if (address === "") return undefined;
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(address) ? address : `http://${address}`;
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new TypeError(`The proxy "${address}" is no http address: check the setting "http.proxy".`);
  }
  return new URL(text);
}

/** True for "*", the host itself, and a domain that it belongs to; a pattern may name a port. */
function matches(url: URL, pattern: string): boolean {
  if (pattern === "") return false;
  if (pattern === "*") return true;
  const [, host = "", port] = /^\*?\.?(.*?)(?::(\d+))?$/.exec(pattern.toLowerCase()) ?? [];
  if (port !== undefined && port !== (url.port || (url.protocol === "https:" ? "443" : "80"))) return false;
  return url.hostname === host || url.hostname.endsWith(`.${host}`);
}
