/**
 * Whether a text from elsewhere, such as a terminal's output, has something of a file that may not be sent. Free of any
 * editor; the file's text is only compared with.
 */

/** Characters of a line, and of a value in one, below which it may well occur in a text for another reason. */
const LEAST_LINE = 12;
const LEAST_VALUE = 8;
/** The name and the value of a setting: `KEY=value`, `export KEY="value"`, `key: value`, `"key": "value",`. */
const SETTING = /^[\w\s.$"'`-]*(?:=>|:=|[=:])\s*(.*)$/;
const QUOTES = /^["'`]|["'`]?[,;]?$/g;
/** Words of at least so many characters that have letters and digits are keys and passwords wherever they stand. */
const KEY_WORD = /[A-Za-z\d_+-]{16,}/g;

/** Whether a whole line of the file, or the value of one of its settings, is anywhere in the text. Plain words are no value. */
export function quotes(text: string, file: string): boolean {
  return file.split(/\r\n?|\n/).some((line) => {
    const whole = line.trim();
    const value = (SETTING.exec(whole)?.[1] ?? "").replaceAll(QUOTES, "");
    const isSecret = value.length >= LEAST_VALUE && !/^[a-z]+$/.test(value);
    const words = (whole.match(KEY_WORD) ?? []).filter((word) => /\d/.test(word) && /[A-Za-z]/.test(word));
    const parts = [...(whole.length >= LEAST_LINE ? [whole] : []), ...(isSecret ? [value] : []), ...words];
    return parts.some((part) => text.includes(part));
  });
}
