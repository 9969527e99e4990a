/** Turns the refusals of servers into one line for people. */

/** The server refuses a request, or its answer cannot be understood. */
export class ServerError extends Error {
  override name = "ServerError";
  /** The HTTP status of the answer; 0 if the status was a success, or if there was no answer. */
  readonly status: number;
  /** The body of the server's answer. */
  readonly said: string;
  /** Milliseconds after which the server wants to be asked again; 0 if it does not say. */
  readonly retryAfterMs: number;

  constructor(message: string, status = 0, said = "", retryAfterMs = 0) {
    super(message);
    this.status = status;
    this.said = said;
    this.retryAfterMs = retryAfterMs;
  }
}

const LONGEST_REASON = 200;
/** Characters that move the cursor or change colours where a line is shown, and invisible ones. */
const CONTROLS = /\p{Cc}\[[\d;]*m|[\p{Cc}\p{Cf}\u2028\u2029]/gu;
/** The longest time in milliseconds for which a server is left alone because it asks for that. */
const LONGEST_RETRY_MS = 600_000;
/** The statuses of a server that is starting, is overloaded, or cannot be reached by its gateway. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504, 507, 509, 520, 521, 522, 523, 524, 529, 530]);

/** Whether the server may answer the same request later. */
export function isPassing(error: unknown): boolean {
  if (error instanceof ServerError) return PASSING.has(error.status);
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" && !/CERT|ALTNAME|SSL|TLS/.test(code);
}

/** The time of a "Retry-After" header in milliseconds, up to the longest one; 0 if there is none. */
export function retryAfter(header: string | undefined, now = Date.now()): number {
  if (header === undefined) return 0;
  const seconds = Number(header);
  const milliseconds = Number.isNaN(seconds) ? Date.parse(header) - now : 1000 * seconds;
  return Number.isFinite(milliseconds) ? Math.min(Math.max(0, milliseconds), LONGEST_RETRY_MS) : 0;
}

/** One line for people about a status that is not a success. @param said the body of the answer */
export function refusal(status: number, host: string, said: string, headers: { location?: string } = {}): string {
  const reason = reasonIn(said);
  if (SPEAKS_TLS.test(said)) return `${host} speaks https at this port: let "sterna.server.address" begin with https.`;
  const because = reason === "" ? "" : `: ${reason}`;
  switch (status) {
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
      return `${host} has moved${placeIn(headers.location)} (${status}): change "sterna.server.address".`;
    case 401:
      return `${host} does not accept the key (401): set it with "Sterna: Set Server Key".`;
    case 402:
      return `${host} asks for payment (402)${because}.`;
    case 403:
      return reason === "" || /key|token|auth|permission|forbidden/i.test(reason)
        ? `${host} does not accept the key (403): set it with "Sterna: Set Server Key".`
        : `${host} refuses (403)${because}.`;
    case 404:
      return namesModel(reason)
        ? `${host} says ${reason} (404): check the setting "sterna.server.model".`
        : `${host} knows no such address (404)${SAYS_NOTHING.test(reason) ? "" : because}: check the setting "sterna.server.address".`;
    case 407:
      return `A proxy asks for a name and password (407): check the setting "http.proxy".`;
    case 413:
      return `${host} says that the request is too large (413): ask about less code, or start a new conversation.`;
    case 429:
      return `${host} has too many requests (429)${because}: try again later.`;
    case 503:
      return /\bload/i.test(reason)
        ? `${host} is still loading its model (503).`
        : `${host} is not ready (503)${because}: Sterna asks again by itself.`;
    case 502:
    case 504:
      return `${host} does not reach the server behind it (${status}): Sterna asks again by itself.`;
  }
  if (isAboutModel({ status, said })) {
    return `${host} says ${reason} (${status}): check the setting "sterna.server.model".`;
  }
  const advice = PASSING.has(status) && status !== 500 ? ": try again later" : "";
  return `${host} answers with status ${status}${because}${advice}.`;
}

/** What servers say with a status 404 in addition to it. */
const SAYS_NOTHING = /^$|^(error:? )?(404:? )?(\w+ )?(not found|no route)$|^resource not found$/i;
/** What servers with encryption answer to a request without. */
const SPEAKS_TLS = /http request (was sent )?to (an )?https (server|port)|requires? tls|use https/i;

/** Where a server has moved to: without the query, which can hold a secret. */
function placeIn(location = ""): string {
  const place = location.replace(CONTROLS, "").split(/[?#]/)[0]?.slice(0, LONGEST_REASON) ?? "";
  return place === "" ? "" : ` to ${place.replace(/^(\w+:\/\/)[^/]*@/, "$1")}`;
}

/** Whether a refusal says that there is no such model. */
export function isAboutModel({ status, said }: Pick<ServerError, "status" | "said">): boolean {
  return [400, 404, 422].includes(status) && namesModel(reasonIn(said));
}

function namesModel(reason: string): boolean {
  const isMissing =
    /not (be )?found|not exist|doesn't exist|no such|unknown|(invalid|not a valid) model|not available|not loaded|no models? (is |are )?loaded|try pulling/i;
  return (/model|deployment/i.test(reason) && isMissing.test(reason)) || /no endpoints found for/i.test(reason);
}

/** The reason for a refusal in the body of an answer; "" when there is none. */
export function reasonIn(said: string): string {
  let value: unknown;
  try {
    value = JSON.parse(said.replace(/^\ufeff/, ""));
  } catch {
    // The body is not JSON. A web page does not fit into one line; plain text may.
    value = /^\s*</.test(said) ? "" : said.trim();
  }
  return reasonOf(value).replace(/(?<![\s.])[\s.]+$/, "");
}

/** The reason in any of the forms that servers use. */
export function reasonOf(value: unknown): string {
  if (typeof value === "string") return lineOf(value);
  if (Array.isArray(value)) return reasonOf(value[0]);
  if (typeof value !== "object" || value === null) return "";
  const { loc, ...all } = value as Record<string, unknown>;
  const text = REASONS.map((name) => reasonOf(all[name])).find((candidate) => candidate !== "") ?? "";
  // FastAPI also names the field that is wrong.
  return Array.isArray(loc) && text !== "" ? `${loc.slice(1).join(".")}: ${text}` : text;
}

/** The fields in which servers give a reason, the most telling first. A code alone is better than nothing. */
const REASONS = [
  ...["error", "message", "detail", "msg", "reason", "errors", "error_description", "error_msg", "status_msg"],
  ...["base_resp", "errorMessage", "ErrorMessage", "title", "code", "type"],
];

/** The first line of a text with anything in it, without characters that would disturb where it is shown. */
function lineOf(text: string): string {
  const lines = text.split(/[\r\n]+/).map((line) => line.replace(CONTROLS, "").trim());
  const first = lines.find((line) => line !== "") ?? "";
  return first.slice(0, LONGEST_REASON).replace(/[\ud800-\udbff]$/, "");
}
