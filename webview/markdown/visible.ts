/**
 * Makes invisible characters visible that change how a text reads: those that turn the direction of writing ("Trojan
 * source"), those without width, and control characters.
 */

const HIDDEN =
  /(?![\t\n\r])\p{Cc}|[\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

/** Replaces every hidden character by its number, such as "⟨U+202E⟩". */
export function visible(text: string): string {
  return text.replaceAll(
    HIDDEN,
    (char) => `⟨U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}⟩`,
  );
}
