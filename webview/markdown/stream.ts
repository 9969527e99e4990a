/**
 * Shows a Markdown text that grows: finished blocks stay as they are, and only the last one is rendered again. So
 * nothing flickers, and selected text stays selected.
 */
import { blocksOf, finishedBlocks } from "./blocks.ts";
import { type CodeBlock, createCodeBlock } from "./codeBlock.ts";
import { renderMarkdown } from "./render.ts";

export class StreamedMarkdown {
  readonly #element: HTMLElement;
  #text = "";
  #stable = 0;
  /** The nodes of the unfinished part. */
  #tail: ChildNode[] = [];
  #openCode: { start: number; block: CodeBlock } | undefined;

  constructor(element: HTMLElement) {
    this.#element = element;
  }

  /**
   * Shows the text.
   *
   * @param text all of it so far.
   * @param whole whether it is complete.
   */
  show(text: string, whole: boolean): void {
    if (!text.startsWith(this.#text)) {
      this.#element.replaceChildren();
      this.#stable = 0;
      this.#tail = [];
      this.#openCode = undefined;
    }
    this.#text = text;
    const { stable, fence } = finishedBlocks(text, this.#stable, whole);
    if (stable > this.#stable) {
      this.#replaceTail(...blocksOf(text.slice(this.#stable, stable)).map(renderMarkdown));
      this.#tail = [];
      this.#openCode = undefined;
      this.#stable = stable;
    }
    if (fence === undefined) {
      this.#openCode = undefined;
      const rest = text.slice(stable);
      this.#replaceTail(...(rest.trim() === "" ? [] : [renderMarkdown(rest)]));
      return;
    }
    if (this.#openCode?.start !== fence.start) {
      const block = createCodeBlock(fence.language);
      this.#openCode = { start: fence.start, block };
      this.#replaceTail(block.element);
    }
    this.#openCode.block.show(text.slice(fence.start), false);
  }

  #replaceTail(...nodes: (DocumentFragment | HTMLElement)[]): void {
    const fresh = nodes.flatMap((node) => (node instanceof DocumentFragment ? [...node.childNodes] : [node]));
    for (const node of this.#tail) {
      node.remove();
    }
    this.#element.append(...fresh);
    this.#tail = fresh;
  }
}
