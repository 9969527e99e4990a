/**
 * The project's style of braces in TypeScript, JavaScript and C++. The single statement of an `if`, a loop or an `else`
 * may follow on the same line without braces; a body that begins on a new line has braces. The formatters have run
 * before, so single lines show which case it is.
 */

const HEAD = /^\s*(?:(?:\} )?else )?(?:if|for|while)(?: constexpr| await)? (\(.*)$/;
const ELSE = /^\s*(?:\} )?else$/;
/** The most lines that a condition may have. */
const LONGEST = 16;

/**
 * @param {string} file Path relative to the repository, with forward slashes.
 * @param {string} text
 * @returns {string[]} One line for each body without braces on a line of its own.
 */
export function missingBraces(file, text) {
  const lines = text.split("\n");
  const found = [];
  for (const [index, line] of lines.entries()) {
    const end = ELSE.test(line) ? index : conditionEnd(lines, index);
    if (end === undefined) continue;
    found.push(`${file}:${end + 1}: the body is on a line of its own and needs braces`);
  }
  return found;
}

/**
 * @param {string[]} lines
 * @param {number} start Where an `if` or a loop may begin.
 * @returns {number | undefined} The line on which its condition closes, if nothing follows there.
 */
function conditionEnd(lines, start) {
  const opening = HEAD.exec(lines[start] ?? "")?.[1];
  if (opening === undefined) return undefined;
  let open = 0;
  for (let index = start; index < Math.min(lines.length, start + LONGEST); index++) {
    const code = withoutStrings(index === start ? opening : (lines[index] ?? ""));
    for (const [at, character] of [...code].entries()) {
      open += Number(character === "(") - Number(character === ")");
      if (open === 0 && character === ")") return code.slice(at + 1).trim() === "" ? index : undefined;
    }
  }
  return undefined;
}

/** The code of a line without strings and comments, so that its parentheses can be counted. @param {string} line */
function withoutStrings(line) {
  return line.replace(
    /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|\\[()]|\[\^?[^\]]*[()][^\]]*\]|\s\/\/.*$/g,
    "",
  );
}
