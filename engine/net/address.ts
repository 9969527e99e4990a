/** Which addresses may be asked. */
import { isLoopback } from "./proxy.ts";

/** Undefined when all is well, else one line: what travels in the clear can be read and changed. */
export function checkAddress(url: URL): string | undefined {
  if (url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname))) return undefined;
  return `${url.host} is not reached over https: use an address that begins with https.`;
}
