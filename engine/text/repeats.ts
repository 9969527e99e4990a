/** Finds repeated and common characters. */

/** Length of the longest tail of a text in which every character equals the one `period` places before. */
export function periodicTail(text: string, period: number): number {
  let index = text.length - 1;
  while (index >= period && text[index] === text[index - period]) {
    index--;
  }
  return text.length - 1 - index + period;
}

/** How many characters, at most `limit`, before an offset of a text are also the last of another text. */
export function commonEnd(text: string, offset: number, other: string, limit: number): number {
  let length = 0;
  while (
    length < limit &&
    length < offset &&
    length < other.length &&
    text.charCodeAt(offset - 1 - length) === other.charCodeAt(other.length - 1 - length)
  ) {
    length++;
  }
  return length;
}

/** How many characters two texts have in common at their beginning. */
export function commonStart(one: string, other: string): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length++;
  return length;
}
