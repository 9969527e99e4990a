/**
 * A change that is shown before it is made: a diff between the file as it is and as it would be. The file is touched
 * only when the change is accepted, in a single undoable step. A rejected change leaves no trace.
 */
import * as vscode from "vscode";
import type { LineSpan } from "../../engine/protocol/tasks.ts";
import { placeChange } from "../../engine/workspace/changePlace.ts";

export const PROPOSAL_SCHEME = "sterna-edit";

/** What the change is about. */
export interface ProposalPlace {
  /** Title for the tab. */
  title: string;
  /** The file, which need not exist. */
  uri: vscode.Uri;
  /** Undefined when the file does not exist. */
  document: vscode.TextDocument | undefined;
  target: LineSpan;
}

interface Proposal extends ProposalPlace {
  id: number;
  shown: vscode.Uri;
  /** The file's lines when the change was asked for. */
  lines: string[];
  text: string;
  isReady: boolean;
  onReject(): void;
}

/** One proposal at a time: a new one replaces the one before. */
export class Proposals implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly #subscriptions: vscode.Disposable[];
  readonly onDidChange = this.#changed.event;
  #proposal: Proposal | undefined;
  #lastId = 0;

  constructor() {
    this.#subscriptions = [
      this.#changed,
      vscode.window.tabGroups.onDidChangeTabs(({ closed }) => {
        const proposal = this.#proposal;
        if (proposal !== undefined && closed.some((tab) => isTabOf(tab, proposal.shown))) {
          void this.reject();
        }
      }),
    ];
  }

  /** Whether a change waits to be accepted or rejected. */
  get state(): "none" | "writing" | "ready" {
    return this.#proposal === undefined ? "none" : this.#proposal.isReady ? "ready" : "writing";
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    const proposal = this.#proposal;
    if (proposal === undefined || proposal.shown.toString() !== uri.toString()) {
      return "";
    }
    return contentWith(proposal).join("\n");
  }

  /** Opens the diff. @param onReject called when the user rejects the change, also while it is being written. */
  async open(place: ProposalPlace, onReject: () => void): Promise<void> {
    await this.reject();
    const id = ++this.#lastId;
    const name = place.uri.path.slice(place.uri.path.lastIndexOf("/") + 1);
    const lines = place.document?.getText().split(/\r\n|\r|\n/) ?? [""];
    const shown = vscode.Uri.from({ scheme: PROPOSAL_SCHEME, path: place.uri.path, query: String(id) });
    this.#proposal = { ...place, id, shown, lines, text: "", isReady: false, onReject };
    this.#updateContextKey();
    const before = place.document?.uri ?? vscode.Uri.from({ scheme: PROPOSAL_SCHEME, path: place.uri.path, query: "" });
    await vscode.commands.executeCommand("vscode.diff", before, shown, `${place.title}: ${name}`, { preview: true });
  }

  /** Shows the new text so far. */
  show(text: string, isReady: boolean): void {
    const proposal = this.#proposal;
    if (proposal !== undefined) {
      proposal.text = text;
      proposal.isReady = isReady;
      this.#changed.fire(proposal.shown);
      this.#updateContextKey();
    }
  }

  /**
   * Makes the change.
   *
   * @throws Error with one sentence for people when the code has changed meanwhile.
   */
  async accept(): Promise<void> {
    const proposal = this.#proposal;
    if (proposal?.isReady !== true) {
      return;
    }
    const document = proposal.document ?? (await newDocument(proposal.uri));
    const { range, text } = placeIn(document, proposal);
    const edit = new vscode.WorkspaceEdit();
    edit.replace(document.uri, range, text);
    if (!(await vscode.workspace.applyEdit(edit))) {
      throw new Error("The editor did not accept the change: the file may be read-only.");
    }
    await this.#close(proposal);
    const editor = await vscode.window.showTextDocument(document);
    editor.revealRange(range);
  }

  /** Drops the change. */
  async reject(): Promise<void> {
    const proposal = this.#proposal;
    if (proposal !== undefined) {
      await this.#close(proposal);
      proposal.onReject();
    }
  }

  /** Closes the diff without calling `onReject`, when the answer turned out to be no change. */
  async withdraw(): Promise<void> {
    if (this.#proposal !== undefined) {
      await this.#close(this.#proposal);
    }
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) {
      subscription.dispose();
    }
  }

  async #close(proposal: Proposal): Promise<void> {
    this.#proposal = undefined;
    this.#updateContextKey();
    const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
    await vscode.window.tabGroups.close(tabs.filter((tab) => isTabOf(tab, proposal.shown)));
  }

  #updateContextKey(): void {
    void vscode.commands.executeCommand("setContext", "sterna.proposal", this.state);
  }
}

function isTabOf({ input }: vscode.Tab, shown: vscode.Uri): boolean {
  return input instanceof vscode.TabInputTextDiff && input.modified.toString() === shown.toString();
}

/** The file with the change. While it is being written, the old lines that it has not reached yet follow it. */
function contentWith({ lines, target, text, isReady }: Proposal): string[] {
  const fresh = text === "" ? [] : text.split("\n");
  const rest = isReady ? target.end : Math.min(target.end, target.start + fresh.length);
  return [...lines.slice(0, target.start), ...fresh, ...lines.slice(rest)];
}

/** Where the change goes in the document as it is now. */
function placeIn(
  document: vscode.TextDocument,
  { lines, target, text }: Proposal,
): { range: vscode.Range; text: string } {
  const place = placeChange(document.getText().split(/\r\n|\r|\n/), lines, target, text);
  if (place === undefined) {
    throw new Error("The code has changed since the command was given. Reject the change and give it again.");
  }
  const { start, end } = place;
  return { range: new vscode.Range(start.line, start.character, end.line, end.character), text: place.text };
}

/** Opens a document that is not on disk, so that the user can choose where to save it. */
async function newDocument(uri: vscode.Uri): Promise<vscode.TextDocument> {
  return await vscode.workspace.openTextDocument(vscode.Uri.from({ scheme: "untitled", path: uri.path }));
}
