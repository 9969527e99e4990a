import { LitElement } from "lit";

/** An element without a shadow tree: all elements of this page share its style sheet. */
export class LightElement extends LitElement {
  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  /** Dispatches an event to the elements that contain this one. */
  protected tell<T>(type: string, detail: T): void {
    this.dispatchEvent(new CustomEvent(type, { bubbles: true, detail }));
  }
}
