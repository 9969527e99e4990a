/** Where `npm start` puts the cursor, and what its check types there: the beginning of what the model suggests. */
export const START = { file: "src/start.ts", line: 28, column: 1, type: "    sum += " };

/**
 * Where the checks type into the sample project, and what. It is typed at the end of a line, as the beginning of the
 * next line, whose rest is easy to foresee. A small model may be silent at some of them.
 *
 * @type {readonly {file: string, line: number, type: string}[]}
 */
export const PLACES = [
  { file: "src/cart.ts", line: 1, type: "\nimport " },
  { file: "src/cart.ts", line: 25, type: "\nfor (const item of " },
  { file: "src/server.js", line: 15, type: "\nresponse." },
  { file: "stock.py", line: 21, type: "\nreturn self." },
  { file: "src/format.ts", line: 4, type: "\nconst text = " },
  { file: "src/server.js", line: 3, type: "\nconst path = require(" },
  { file: "src/format.ts", line: 12, type: "\nif (text." },
  { file: "src/cart.ts", line: 13, type: "\nif (item." },
  { file: "stock.py", line: 30, type: "\nreturn " },
];
