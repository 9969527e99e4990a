/** Addresses in answers. Free of `vscode`. */

/** The address as a browser will read it, host names of other scripts as their ASCII form; undefined when it is none. */
export function webAddress(text: string): string | undefined {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) {
    return undefined;
  }
  const url = new URL(text);
  return url.protocol === "https:" || url.protocol === "http:" ? url.href : undefined;
}
