import { Dismissals } from "../../../engine/nextEdit/dismissals.ts";
import { EditHistory } from "../../../engine/nextEdit/history.ts";
import type { Proposal, SourceText } from "../../../engine/nextEdit/proposal.ts";
import { propose } from "../../../engine/nextEdit/propose.ts";

/** Files that a user edits, and what would be proposed next. */
export class Desk {
  readonly files: Map<string, string>;
  readonly history = new EditHistory();
  readonly dismissed = new Dismissals();
  readonly unopened: SourceText[];
  current: string;
  cursor = 0;
  now = 0;
  /** The text that the language service calls unused in the current file. */
  unused: string | undefined;

  constructor(files: Record<string, string>, unopened: Record<string, string> = {}) {
    this.files = new Map(Object.entries(files));
    this.unopened = Object.entries(unopened).map(([uri, text]) => ({ uri, text }));
    this.current = [...this.files.keys()][0]!;
  }

  /** Replaces a text, `times` times from its first occurrence on, each time as a separate edit. */
  edit(before: string, after: string, times = 1): this {
    let from = 0;
    for (let time = 0; time < times; time++) {
      const offset = this.text.indexOf(before, from);
      if (offset === -1) throw new Error(`no "${before}" in ${this.current}`);
      this.change(offset, before.length, after);
      from = offset + after.length;
    }
    return this;
  }

  change(offset: number, length: number, text: string): void {
    const before = this.text;
    this.now += 1000;
    this.history.change(this.current, before, { offset, length, text }, this.now);
    this.files.set(this.current, before.slice(0, offset) + text + before.slice(offset + length));
    this.cursor = offset + text.length;
  }

  get text(): string {
    return this.files.get(this.current)!;
  }

  get edits() {
    return this.history.edits((uri) => this.files.get(uri));
  }

  next(): Proposal | undefined {
    const { files, unopened, current } = this;
    return propose({
      edits: this.edits,
      cursor: this.cursor,
      workspace: {
        current: { uri: current, text: this.text },
        open: [...files].filter(([uri]) => uri !== current).map(([uri, text]) => ({ uri, text })),
        *filesWith(word) {
          for (const file of unopened) if (file.text.includes(word)) yield file;
        },
      },
      isDismissed: (proposal) => this.dismissed.has(proposal),
      isUnused: (start, end) => this.unused !== undefined && this.text.slice(start, end).includes(this.unused),
    });
  }

  /** Makes a proposal like a user who accepts it. */
  accept({ uri, start, end, text }: Proposal): void {
    this.current = uri;
    this.change(start, end - start, text);
  }

  /** The line of a proposal after it is made. */
  show(proposal: Proposal | undefined): string | undefined {
    if (proposal === undefined) return undefined;
    const text = this.files.get(proposal.uri) ?? this.unopened.find(({ uri }) => uri === proposal.uri)?.text ?? "";
    const line = text.slice(0, proposal.start).split("\n").length - 1;
    const made = text.slice(0, proposal.start) + proposal.text + text.slice(proposal.end);
    return made.split("\n")[line]?.trim();
  }

  /** Accepts everything that is proposed, and returns the changed lines. */
  acceptAll(): string[] {
    const lines: string[] = [];
    for (let proposal = this.next(); proposal !== undefined && lines.length < 50; proposal = this.next()) {
      lines.push(this.show(proposal)!);
      this.accept(proposal);
    }
    return lines;
  }
}
