/** Writes a proxy's address in the form of proxy scripts. */

/** For example "http://proxy:8080" as "PROXY proxy:8080". */
export function asScriptAnswer(answer: unknown): string {
  if (typeof answer !== "string" || !URL.canParse(answer)) return "";
  const { protocol, host, username, password } = new URL(answer);
  const kind = protocol === "https:" ? "HTTPS" : /^socks/.test(protocol) ? "SOCKS" : "PROXY";
  const user = username === "" ? "" : `${username}${password && `:${password}`}@`;
  return host === "" ? "" : `${kind} ${user}${host}`;
}
