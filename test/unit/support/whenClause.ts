/** Conditions of VS Code's keybindings: `a && !b && (c == 'x' || d =~ /y/)`. */

export type Context = Readonly<Record<string, boolean | string>>;

/** @throws Error for a condition that is none. */
export function isTrue(clause: string, context: Context): boolean {
  const tokens = clause.match(/&&|\|\||==|!=|=~|!|\(|\)|'[^']*'|\/[^/]*\/|[\w.]+/g) ?? [];
  if (tokens.join("") !== clause.replaceAll(/\s/g, "")) throw new Error(`not a condition: ${clause}`);
  const parser = new Parser(tokens, context);
  return parser.condition();
}

class Parser {
  readonly #tokens: string[];
  readonly #context: Context;

  constructor(tokens: string[], context: Context) {
    this.#tokens = tokens;
    this.#context = context;
  }

  condition(): boolean {
    const value = this.#or();
    if (this.#tokens.length > 0) throw new Error(`what is ${this.#tokens.join(" ")} at the end?`);
    return value;
  }

  #or(): boolean {
    let value = this.#and();
    while (this.#take("||")) value = this.#and() || value;
    return value;
  }

  #and(): boolean {
    let value = this.#one();
    while (this.#take("&&")) value = this.#one() && value;
    return value;
  }

  #one(): boolean {
    if (this.#take("!")) return !this.#one();
    if (this.#take("(")) {
      const value = this.#or();
      if (!this.#take(")")) throw new Error("a bracket is not closed");
      return value;
    }
    const value = this.#context[this.#next()] ?? false;
    if (this.#take("==")) return String(value) === unquoted(this.#next());
    if (this.#take("!=")) return String(value) !== unquoted(this.#next());
    if (this.#take("=~")) return new RegExp(this.#next().slice(1, -1)).test(String(value));
    return value !== false && value !== "";
  }

  #next(): string {
    const token = this.#tokens.shift();
    if (token === undefined) throw new Error("the condition ends too early");
    return token;
  }

  #take(token: string): boolean {
    if (this.#tokens[0] !== token) return false;
    this.#tokens.shift();
    return true;
  }
}

function unquoted(text: string): string {
  return text.startsWith("'") ? text.slice(1, -1) : text;
}
