/**
 * Reads the address of a server's interface. People paste what their server or its documentation shows: only an origin,
 * a base with a version somewhere in its path, or the whole address of the chat with a query. The address is used as it
 * is given; "/v1", which nearly all servers have, is added only to an origin.
 */
import { checkAddress, isLoopback, isPrivate } from "../../net/address.ts";
import { ServerError } from "./serverErrors.ts";

const SETTING = 'check the setting "sterna.server.address".';
/** The end of a path that is the address of a request and not of the interface. */
const ENDPOINT =
  /\/(chat\/completions|completions|models|responses|embeddings)$|\/(?<=\/v\d+[a-z\d]*\/)(chat|messages|models\/.+)$/i;
/** Pages, and paths of the interfaces that Ollama and llama.cpp have in addition to the OpenAI-compatible one. */
const OWN_INTERFACE =
  /\/(api(\/(chat|generate|tags|show|ps))?|completion|infill|props|health|slots|docs|redoc|index\.html)$/i;
/** What is pasted along with an address: quotes, brackets, and signs that cannot be seen. */
const PASTED = /[\s"'`<>()\u00ab\u00bb\u2018-\u201f\u200b-\u200f\u2060\ufeff]/;
const AROUND = new RegExp(`^${PASTED.source}+|(?:${PASTED.source}|[,;.])+$`, "g");

export class ServerAddress {
  readonly origin: string;
  readonly host: string;
  /** Whether it is on this machine or in a private network. */
  readonly isOwn: boolean;
  /** The bases to try, in this order; the given one comes first. */
  readonly bases: readonly string[];
  readonly #query: string;
  readonly #credentials: { username: string; password: string };

  /**
   * @param allowHttp whether text may cross a private network unencrypted
   * @throws ServerError with one line when it is not an address, or not one that text may be sent to
   */
  constructor(address: string, allowHttp = false) {
    const url = parse(address);
    const problem = checkAddress(url, allowHttp);
    if (problem !== undefined) throw new ServerError(problem);
    this.origin = url.origin;
    this.host = url.host;
    this.isOwn = isLoopback(url.hostname) || isPrivate(url.hostname);
    this.#query = url.search;
    this.#credentials = { username: url.username, password: url.password };
    const path = url.pathname.replace(/\/{2,}/g, "/").replace(/\/$/, "");
    const base = path.replace(ENDPOINT, "");
    const hasVersion = /\/v\d+[a-z\d]*(\/|$)/i.test(base);
    const own = OWN_INTERFACE.exec(path);
    if (base === "" && base === path) this.bases = ["/v1", ""];
    else if (hasVersion || base !== path) this.bases = [base];
    else this.bases = [base, `${base}/v1`, ...(own === null ? [] : [`${path.slice(0, own.index)}/v1`])];
  }

  /** The address of a path of the interface, such as "chat/completions". */
  url(base: string, path: string): URL {
    return this.#with(`${base}/${path}`, this.#query);
  }

  /** The address of a path outside of the interface: what comes before the version in the base is kept. */
  beside(base: string, path: string): URL {
    return this.#with(`${base.replace(/\/v\d+[a-z\d]*(\/.*)?$/i, "")}/${path}`, "");
  }

  #with(path: string, query: string): URL {
    const url = new URL(this.origin);
    url.pathname = path;
    url.search = query;
    Object.assign(url, this.#credentials);
    return url;
  }
}

function parse(address: string): URL {
  const given = address.replace(AROUND, "");
  const shown = withoutSecret(given);
  if (/\s/.test(given)) {
    throw new ServerError(`"${shown.replace(/\s+/g, " ")}" is no address, it has blanks: ${SETTING}`);
  }
  if (/^https?(:\/?|\/\/)[^/:]/i.test(given)) {
    throw new ServerError(`"${shown}" is no address of a server: "https:" needs two slashes behind it; ${SETTING}`);
  }
  const hasScheme = /^[a-z][a-z\d+.-]*:\/\//i.test(given);
  // Without a scheme in front, "localhost:8080" would be parsed as a scheme and a path.
  const guess = URL.canParse(`http://${given}`) ? new URL(`http://${given}`) : undefined;
  if (!hasScheme && guess !== undefined && isLoopback(guess.hostname)) return guess;
  if (!hasScheme || !URL.canParse(given)) {
    const advice = hasScheme || guess === undefined ? "" : `put "https://" in front, or `;
    throw new ServerError(`"${shown}" is no address of a server: ${advice}${SETTING}`);
  }
  return new URL(given);
}

/** The address without a name and a password, because errors are shown and logged. */
function withoutSecret(address: string): string {
  return address.replace(/^([a-z][a-z\d+.-]*:\/\/)?[^/]*@/i, "$1").replace(/[?#].*$/, "");
}
