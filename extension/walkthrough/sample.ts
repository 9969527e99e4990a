/** The file that the walkthrough opens. The cursor is between the two parts. Free of `vscode`. */
export const SAMPLE = {
  language: "typescript",
  before: `// Tab accepts the grey text. Typing on changes it, and Escape dismisses it.
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

export function count(items: Item[]): number {
  let sum = 0;
  for (const item of items) {
    sum += `,
  after: `
  }
  return sum;
}
`,
};
