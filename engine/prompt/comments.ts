/** How a line of comment is written. */

const HASH = new Set(
  (
    "python ruby shellscript perl r yaml toml dockerfile makefile powershell elixir julia coffeescript ini properties " +
    "cmake nix gitignore"
  ).split(" "),
);
const DASHES = new Set("sql lua haskell elm ada".split(" "));
const SEMICOLON = new Set("clojure lisp scheme".split(" "));
const PERCENT = new Set("latex tex erlang matlab".split(" "));
const MARKUP = new Set("html xml markdown vue svelte".split(" "));

/** One line of text as a comment of the language; unknown languages get the commonest form. */
export function commentLine(languageId: string, text: string): string {
  if (HASH.has(languageId)) {
    return `# ${text}`;
  }
  if (DASHES.has(languageId)) {
    return `-- ${text}`;
  }
  if (SEMICOLON.has(languageId)) {
    return `;; ${text}`;
  }
  if (PERCENT.has(languageId)) {
    return `% ${text}`;
  }
  if (MARKUP.has(languageId)) {
    return `<!-- ${text} -->`;
  }
  if (languageId === "css") {
    return `/* ${text} */`;
  }
  return `// ${text}`;
}
