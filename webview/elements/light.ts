import { LitElement } from "lit";

/** Elements of this page share its style sheet: they stand in the page itself, not in a tree of their own. */
export class LightElement extends LitElement {
  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  /** Tells whoever listens further up. */
  protected tell<T>(type: string, detail: T): void {
    this.dispatchEvent(new CustomEvent(type, { bubbles: true, detail }));
  }
}
