/** Brackets that are open at the end of a piece of code, roughly: strings and comments of the common languages do not count. */

const PAIRS: Record<string, string> = { ")": "(", "]": "[", "}": "{" };
const SKIPPED =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|(^|\s)#(?!include|define|if|end|!\[)[^\n]*|[<&]'\w+\b(?!')|"""[\s\S]*?"""|'''[\s\S]*?'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])'|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/g;

/** Closers without an opener, then openers without a closer, in order: "" when balanced. */
export function openBrackets(code: string): string {
  let closers = "";
  const openers: string[] = [];
  for (const char of code.replaceAll(SKIPPED, " ")) {
    if ("([{".includes(char)) {
      openers.push(char);
    } else if (PAIRS[char] !== undefined) {
      if (openers.at(-1) === PAIRS[char]) {
        openers.pop();
      } else {
        closers += char;
      }
    }
  }
  return closers + openers.join("");
}
