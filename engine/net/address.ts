/**
 * Decides which addresses may be contacted. Text is sent encrypted, stays on this machine, or, if the user has allowed
 * it in a setting of the machine, crosses a private network unencrypted.
 */
import { BlockList, isIP } from "node:net";

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");
// Servers print these as the address at which they listen; a client that uses them reaches its own machine.
LOOPBACK.addAddress("0.0.0.0", "ipv4");
LOOPBACK.addAddress("::", "ipv6");

const PRIVATE = new BlockList();
for (const [network, bits] of [
  ["10.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["169.254.0.0", 16],
  // Used by carriers, and by virtual private networks such as Tailscale.
  ["100.64.0.0", 10],
] as const) {
  PRIVATE.addSubnet(network, bits, "ipv4");
}
PRIVATE.addSubnet("fc00::", 7, "ipv6");
PRIVATE.addSubnet("fe80::", 10, "ipv6");

/** Endings of names that only a private network's own name service knows. */
const PRIVATE_NAME = /\.(local|lan|home|internal|intranet|corp|localdomain|home\.arpa)$/;

/** A host in the form that URLs use, without the brackets of IPv6 and without a final dot. */
export function hostName(hostname: string): string {
  return hostname
    .replace(/^\[|\]$/g, "")
    .replace(/\.$/, "")
    .toLowerCase();
}

/** Whether a list contains the address; false for names. */
export function isListed(list: BlockList, host: string): boolean {
  const family = isIP(host);
  return family !== 0 && list.check(host, family === 6 ? "ipv6" : "ipv4");
}

/** Whether a host is this machine; requests to it never go through a proxy. */
export function isLoopback(hostname: string): boolean {
  const host = hostName(hostname);
  return host === "localhost" || host.endsWith(".localhost") || isListed(LOOPBACK, host);
}

/** Whether a host is in a private network: by its address, or by a name without a public domain. */
export function isPrivate(hostname: string): boolean {
  const host = hostName(hostname);
  return isListed(PRIVATE, host) || (isIP(host) === 0 && (!host.includes(".") || PRIVATE_NAME.test(host)));
}

/**
 * Undefined when the address may be contacted, else one line that says why not.
 *
 * @param allowHttp whether the user accepts that text crosses a private network unencrypted
 */
export function checkAddress(url: URL, allowHttp = false): string | undefined {
  if (url.protocol === "https:") return undefined;
  if (url.protocol !== "http:") {
    return `${url.protocol}//${url.host} is no address of a server: it must begin with https:// or http://.`;
  }
  if (isLoopback(url.hostname)) return undefined;
  if (!isPrivate(url.hostname)) {
    return `${url.host} is not reached over https: use an address that begins with https.`;
  }
  if (allowHttp) return undefined;
  return (
    `${url.host} is not reached over https, so everybody in your network could read and change what is sent: use an ` +
    'address that begins with https, or allow this with the setting "sterna.server.allowHttp".'
  );
}
