/** Addresses in answers. Free of `vscode`. */

/** The address as a browser reads it, with host names in ASCII; undefined when it is not a web address. */
export function webAddress(text: string): string | undefined {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) {
    return undefined;
  }
  const url = new URL(text);
  return url.protocol === "https:" || url.protocol === "http:" ? url.href : undefined;
}
