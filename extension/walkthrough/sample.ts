/**
 * The file that the walkthrough opens, with the cursor after the typed text. The sample project of `npm start` has the
 * same file as src/start.ts, without the typed text. Free of `vscode`.
 */
export const SAMPLE = {
  language: "typescript",
  before: `// The grey text is a suggestion: Tab accepts it, typing on changes it, Escape dismisses it.

interface Item {
  name: string;
  price: number;
  quantity: number;
}

export function subtotal(items: Item[]): number {
  let sum = 0;
  for (const item of items) {
    sum += item.price * item.quantity;
  }
  return sum;
}

export function shipping(items: Item[]): number {
  let sum = 0;
  for (const item of items) {
    sum += item.price * item.quantity;
  }
  return sum < 5000 ? 490 : 0;
}

export function discounted(items: Item[], percent: number): number {
  let sum = 0;
  for (const item of items) {
    `,
  /** The text that is typed at the cursor; the model suggests the rest of the line. */
  typed: "sum += ",
  after: `
  }
  return sum * (1 - percent / 100);
}
`,
};
