/** What a word of source text consists of, in every language. */

/** Whether a character belongs to a name: letters, digits, `_` and `$`. There is none beyond the ends of a text. */
export function isWordCharacter(character = ""): boolean {
  return /[\p{L}\p{N}_$]/u.test(character);
}

/** Whether a UTF-16 unit belongs to a word: letters, digits, `_`, `$`, and everything outside ASCII. */
export function isWordUnit(unit: number): boolean {
  return (
    (unit >= 97 && unit <= 122) ||
    (unit >= 65 && unit <= 90) ||
    (unit >= 48 && unit <= 57) ||
    unit === 95 ||
    unit === 36 ||
    unit > 127
  );
}
