/**
 * Reads code just enough to know brackets, strings and comments: which brackets are open, and whether a place is code.
 * It reads the text once. What it finds depends only on the text before a place, except for quotes and slashes: the
 * rest of the line decides whether they open something. So a line that is being typed is scanned completely, from the
 * state at its beginning.
 */
import { blockCommentClose, commentEnd, opensLineComment } from "./comments.ts";
import { type Found, frameAt } from "./found.ts";
import { type Grammar, type GrammarKind, grammarOf } from "./grammar.ts";
import { ruleOnLine, stringEndedBy, type Trial } from "./holes.ts";
import { type Condition, type Frame, initialState, type ScanState, type Token, type TokenKind } from "./scanState.ts";
import type { Hole, StringRule } from "./syntaxes.ts";

export type { Frame, ScanState, Token, TokenKind } from "./scanState.ts";
export { initialState, placeKind } from "./scanState.ts";

export interface ScanResult {
  readonly tokens: readonly Token[];
  readonly state: ScanState;
  /** What is open at an offset of the text. The same frame is the same object at every offset. */
  frameAt(offset: number): Frame | undefined;
}

/**
 * Scans a text and returns its tokens.
 *
 * @param text begins at the start of a line.
 * @param from the state at that start.
 */
export function scan(text: string, languageId: string, from = initialState()): ScanResult {
  const found: Found = { tokens: [], changes: [{ offset: 0, frame: from.frame }] };
  const state = new Scan(text, languageId, from, found).run();
  return {
    tokens: found.tokens,
    state,
    frameAt: (offset) => frameAt(found.changes, offset),
  };
}

/** The state at the end of a text. Like {@link scan}, but several times faster. */
export function scanState(text: string, languageId: string, from = initialState()): ScanState {
  return new Scan(text, languageId, from, undefined).run();
}

class Scan {
  readonly #text: string;
  readonly #grammar: Grammar;
  readonly #found: Found | undefined;
  readonly #isWhole: boolean;
  readonly #languageId: string;
  /**
   * Set while the holes of a string are tried on its line, where reading ends with the string: "strict" when every quote in
   * a hole opens a string.
   */
  #trial: "strict" | "recovering" | undefined;
  /** Up to here the holes of strings have been tried. */
  #triedUntil = 0;
  /** Where comments begin, by where they end. */
  readonly #comments = new Map<number, number>();
  #index = 0;
  #frame: Frame | undefined;
  #condition: Condition | undefined;
  #heredocs: readonly string[];
  #misfits: number;

  constructor(text: string, languageId: string, from: ScanState, found: Found | undefined) {
    this.#text = text;
    this.#languageId = languageId;
    this.#grammar = grammarOf(languageId);
    this.#found = found;
    this.#isWhole = from.isWhole;
    this.#frame = from.frame;
    this.#condition = from.condition;
    this.#heredocs = from.heredocs;
    this.#misfits = from.misfits;
    const isStart = from.isWhole && from.frame === undefined && from.misfits === 0;
    if (isStart && this.#grammar.has("php-tags") && /<\?(?:php|=)/.test(text)) this.#push("markup", "", "<?");
    // The first line may name the program that runs the file. In Rust `#![` begins an attribute.
    else if (isStart && /^#!(?!\[)/.test(text)) this.#push("comment", "#!", "\n");
  }

  run(): ScanState {
    while (this.#index < this.#text.length && (this.#trial === undefined || this.#frame !== undefined)) {
      const frame = this.#frame;
      if (frame?.kind === "string") this.#string(frame);
      else if (frame?.kind === "comment") this.#comment(frame);
      else if (frame?.kind === "markup") this.#markup(frame);
      else this.#code();
    }
    return {
      frame: this.#frame,
      condition: this.#condition,
      heredocs: this.#heredocs,
      misfits: this.#misfits,
      isWhole: this.#isWhole,
    };
  }

  /** Goes on to the next thing that matters in code, and past it. */
  #code(): void {
    const { expression, kinds } = this.#found === undefined ? this.#grammar.structure : this.#grammar.tokens;
    expression.lastIndex = this.#index;
    const match = expression.exec(this.#text);
    if (match === null) {
      this.#index = this.#text.length;
      return;
    }
    const [found] = match;
    this.#index = match.index + found.length;
    let group = 1;
    while (match[group] === undefined) group++;
    this.#take(kinds[group - 1] ?? "operator", found, match.index);
  }

  #take(kind: GrammarKind, found: string, start: number): void {
    switch (kind) {
      case "line":
        this.#newline(start);
        break;
      case "directive":
        this.#directive(found);
        break;
      case "block":
      case "lineComment":
        this.#openComment(kind, found, start);
        break;
      case "heredoc":
        this.#openHeredoc(found, start);
        break;
      case "special":
        this.#openSpecial(found, start);
        break;
      case "quote":
        this.#openQuote(found, start);
        break;
      case "slash":
        this.#openRegex(start);
        break;
      case "shellCase":
        this.#shellCase(found, start);
        break;
      case "format":
        this.#openFormat(start);
        break;
      case "tag":
        this.#push("markup", found, "<?");
        break;
      case "open":
        this.#emit("open", start);
        this.#push("bracket", found, CLOSER[found] ?? "");
        break;
      case "close":
        this.#closeBracket(found, start);
        break;
      default:
        this.#emit(kind, start);
    }
  }

  #emit(kind: TokenKind, start: number, fits?: boolean): void {
    const end = this.#index;
    if (start < end) this.#found?.tokens.push({ kind, start, end, ...(fits === undefined ? {} : { fits }) });
  }

  #push(kind: Frame["kind"], open: string, close: string, rule?: StringRule): void {
    this.#enter({ kind, open, close, ...(rule === undefined ? {} : { rule }), parent: this.#frame });
  }

  #enter(frame: Frame | undefined): void {
    this.#frame = frame;
    this.#found?.changes.push({ offset: this.#index, frame });
  }

  #newline(start: number): void {
    const [first, ...others] = this.#heredocs;
    if (first !== undefined) {
      this.#heredocs = others;
      this.#push("string", "<<", first);
      return;
    }
    if (this.#text[start - 1] !== "\\") this.#endFrame("directive");
  }

  /** Ends the innermost frame of a kind, and what is open within it. */
  #endFrame(kind: Frame["kind"]): void {
    for (let frame = this.#frame; frame !== undefined; frame = frame.parent) {
      if (frame.kind === kind) this.#enter(frame.parent);
      if (frame.kind === kind || frame.kind === "string") return;
    }
  }

  #directive(found: string): void {
    const word = /(?<!\w)\w*$/.exec(found)?.[0] ?? "";
    if (/^if/.test(word)) {
      this.#condition = { frame: this.#frame, parent: this.#condition };
    } else if (/^el/.test(word)) {
      if (this.#condition !== undefined) this.#enter(this.#condition.frame);
    } else if (word === "endif") {
      this.#condition = this.#condition?.parent;
    }
    this.#push("directive", found, "\n");
  }

  #openComment(kind: "block" | "lineComment", found: string, start: number): void {
    if (kind === "block") {
      this.#index = start;
      this.#push("comment", found, blockCommentClose(found, this.#grammar));
      return;
    }
    if (!opensLineComment(found, this.#text, start, this.#grammar)) {
      this.#emit("operator", start);
      return;
    }
    this.#index = start;
    this.#push("comment", found, "\n");
  }

  #openHeredoc(found: string, start: number): void {
    const word = /[A-Za-z_]\w*/.exec(found)?.[0];
    if (word !== undefined) this.#heredocs = [...this.#heredocs, word];
    this.#emit("operator", start);
  }

  #openSpecial(found: string, start: number): void {
    const rule = this.#grammar.specialRule(found, () => this.#isValueBefore(start));
    if (rule === "character") {
      this.#emit("string", start);
    } else if (rule === undefined) {
      this.#index = start + 1;
      this.#emit("operator", start);
    } else {
      this.#openString(found, rule, start);
    }
  }

  #openQuote(found: string, start: number): void {
    if (this.#trial !== "strict" && start >= this.#triedUntil) {
      const ended = stringEndedBy(found, this.#text, start, this.#frame);
      if (ended !== undefined) {
        this.#enter(ended.parent);
        this.#emit("string", start);
        return;
      }
    }
    const rule = this.#grammar.syntax.strings.find(({ open }) => open === found);
    if (rule === undefined || !this.#grammar.opensString(rule, this.#text, start)) {
      this.#emit("operator", start);
      return;
    }
    this.#openString(found, rule, start);
  }

  #openString(found: string, rule: StringRule, start: number): void {
    const isTried = this.#trial !== undefined || start < this.#triedUntil;
    if (isTried || rule.holes === undefined || (rule.lines === "many" && rule.triesHoles !== true)) {
      this.#enterString(found, rule, start);
      return;
    }
    const read = ruleOnLine(rule, this.#text, this.#index, (line, recovers) => this.#try(rule, line, recovers));
    this.#triedUntil = read?.end ?? this.#triedUntil;
    if (read !== undefined) {
      this.#enterString(found, read.rule, start);
    } else {
      this.#index = start + 1;
      this.#emit("operator", start);
    }
  }

  #try(rule: StringRule, line: string, recovers: boolean): Trial {
    const frame: Frame = { kind: "string", open: rule.open, close: rule.close, rule, parent: undefined };
    const trial = new Scan(line, this.#languageId, { ...initialState(), frame }, undefined);
    trial.#trial = recovers ? "recovering" : "strict";
    const state = trial.run();
    const isEnded = state.frame === undefined && state.misfits === 0;
    return { end: isEnded ? trial.#index : undefined, frame: state.frame };
  }

  /** Enters the format in a hole, which ends with it. */
  #openFormat(start: number): void {
    this.#emit("operator", start);
    const hole = this.#frame;
    const rule = hole?.parent?.rule?.holes?.find(({ open }) => hole.kind === "bracket" && open === hole.open)?.format;
    if (rule !== undefined) this.#push("string", ":", rule.close, rule);
  }

  #enterString(found: string, rule: StringRule, start: number): void {
    this.#push("string", found, rule.close, rule);
    this.#string(this.#frame as Frame, start);
  }

  #openRegex(start: number): void {
    const isValue = this.#isValueBefore(start);
    const length = isValue ? undefined : this.#grammar.regexLength(this.#text, start);
    if (length === undefined) {
      this.#emit("operator", start);
    } else if (length === "open") {
      this.#enterString("/", this.#grammar.regexRule, start);
    } else {
      this.#index = start + length;
      this.#emit("regex", start);
    }
  }

  #isValueBefore(start: number): boolean {
    return this.#grammar.isValueBefore(this.#text, start, this.#comments);
  }

  #shellCase(found: string, start: number): void {
    this.#emit("word", start);
    if (found === "esac") this.#endFrame("case");
    else if (/^\s+\S.*?\s+in\b/.test(this.#text.slice(this.#index, this.#index + 200))) {
      this.#push("case", found, "esac");
    }
  }

  #closeBracket(found: string, start: number): void {
    const frame = this.#frame;
    if (frame?.kind === "bracket" && frame.close === found) {
      this.#enter(frame.parent);
      this.#emit("close", start, true);
      return;
    }
    if (found === ")" && this.#grammar.has("shell-case")) {
      this.#emit("operator", start);
      return;
    }
    const isKnown = frame?.kind === "bracket" || (frame === undefined && this.#isWhole);
    if (isKnown) this.#misfits++;
    // Reading goes on after the bracket that it should have closed, where there is one.
    for (let outer = frame; outer?.kind === "bracket"; outer = outer.parent) {
      if (outer.close === found) {
        this.#enter(outer.parent);
        break;
      }
    }
    this.#emit("close", start, isKnown ? false : undefined);
  }

  /** Goes on inside a string: to its end, to an expression in it, or to the end of the text. */
  #string(frame: Frame, start = this.#index): void {
    const { rule } = frame;
    const end = rule === undefined ? this.#grammar.heredocEnd(frame.close) : this.#grammar.stringEnd(rule);
    end.lastIndex = this.#index;
    for (let match = end.exec(this.#text); match !== null; match = end.exec(this.#text)) {
      const [found] = match;
      this.#index = match.index + found.length;
      if (found === "\n") this.#index--;
      const hole = rule?.holes?.find(({ open }) => open === found);
      if (hole !== undefined) {
        this.#openHole(hole, start);
        return;
      }
      if (found === rule?.nests) {
        this.#emit("string", start);
        this.#push("string", found, rule.close, rule);
        return;
      }
      if (rule?.endsBefore === true && found === frame.close) this.#index--;
      if (found === "\n" || rule === undefined || found === frame.close) {
        this.#enter(frame.parent);
        this.#emit("string", start);
        return;
      }
    }
    this.#index = this.#text.length;
    this.#emit("string", start);
  }

  /** The mark of a hole ends with its bracket. */
  #openHole({ open, close }: Hole, start: number): void {
    this.#index--;
    this.#emit("string", start);
    this.#index++;
    this.#emit("open", this.#index - 1);
    this.#push("bracket", open, close);
  }

  #comment(frame: Frame): void {
    const start = this.#index;
    const end = commentEnd(this.#text, start, frame, this.#grammar);
    this.#index = end ?? this.#text.length;
    if (end !== undefined) {
      this.#enter(frame.parent);
      this.#comments.set(end, start);
    }
    this.#emit("comment", start);
  }

  #markup(frame: Frame): void {
    const tag = /<\?(?:php|=)?/g;
    tag.lastIndex = this.#index;
    const match = tag.exec(this.#text);
    this.#index = match === null ? this.#text.length : match.index + match[0].length;
    if (match !== null) this.#enter(frame.parent);
  }
}

const CLOSER: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };
