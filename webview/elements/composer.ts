/** The input with its attachments, the offers for "@" and "/", and the context meter. */
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { icon } from "../icons.ts";
import { isComposing } from "../keyboard.ts";
import { type Mention, mentionAt } from "../mention.ts";
import type { Chip, ContextMeter, FromPage, Offer } from "../messages.ts";
import { LightElement } from "./light.ts";

export class ComposerElement extends LightElement {
  static override properties = {
    canAsk: { attribute: false },
    canChat: { attribute: false },
    isWriting: { attribute: false },
    thinking: { attribute: false },
    chips: { attribute: false },
    offers: { attribute: false },
    meter: { attribute: false },
    mention: { state: true },
    chosen: { state: true },
    showsMeter: { state: true },
  };
  declare canAsk: boolean;
  /** Whether the model in use answers questions. */
  declare canChat: boolean;
  declare isWriting: boolean;
  /** Whether the model thinks aloud before it answers; undefined when it cannot. */
  declare thinking: boolean | undefined;
  declare chips: Chip[];
  declare offers: { request: number; offers: Offer[] };
  declare meter: ContextMeter | undefined;
  /** The word that is being typed after "@" or "/". */
  declare mention: Mention | undefined;
  /** Index of the offer that Enter takes. */
  declare chosen: number;
  declare showsMeter: boolean;

  #requests = 0;

  constructor() {
    super();
    this.canChat = true;
    this.chips = [];
    this.offers = { request: 0, offers: [] };
    this.chosen = 0;
    this.showsMeter = false;
  }

  /** Puts the cursor into the input. A text replaces what is in it. */
  focusInput(text = ""): void {
    const input = this.#input;
    if (text !== "") {
      this.draft(text);
    }
    input.focus();
    input.setSelectionRange(input.value.length, input.value.length);
    if (text !== "") {
      this.#readMention();
    }
  }

  /** Puts text into the input. */
  draft(text: string): void {
    this.#input.value = text;
    this.#resize();
  }

  /** Restores a text that could not be sent, unless something else was typed meanwhile. */
  restore(text: string): void {
    if (this.#input.value === "") {
      this.draft(text);
    }
  }

  get #input(): HTMLTextAreaElement {
    const input = this.querySelector<HTMLTextAreaElement>("#input");
    if (input === null) {
      throw new Error("The composer has no input.");
    }
    return input;
  }

  get #shownOffers(): Offer[] {
    return this.mention !== undefined && this.offers.request === this.#requests ? this.offers.offers : [];
  }

  protected override willUpdate(changed: PropertyValues): void {
    // More offers for the same word come below the first ones: the choice stays.
    const before = changed.get("offers") as ComposerElement["offers"] | undefined;
    if (changed.has("mention") || (before !== undefined && before.request !== this.offers.request)) {
      this.chosen = 0;
    }
  }

  protected override updated(): void {
    this.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }

  protected override render(): TemplateResult {
    const offers = this.#shownOffers;
    const isOpen = offers.length > 0;
    return html`<form class="composer" @submit=${this.#submit}>
      ${
        this.chips.length > 0
          ? html`<ul class="chips" aria-label="Goes with the question">
              ${this.chips.map(
                (chip) => html`<li>
                  <span>${chip.label}</span>
                  <button type="button" class="icon" aria-label=${`Remove ${chip.label}`} title="Remove"
                    @click=${() => this.#send({ type: "detach", chip: chip.id })}>${icon("close")}</button>
                </li>`,
              )}
            </ul>`
          : nothing
      }
      <div class="field">
        <ul id="offers" role="listbox" aria-label="Suggestions" ?hidden=${!isOpen}>
          ${offers.map(
            (offer, index) => html`<li id=${`offer-${index}`} role="option" aria-selected=${index === this.chosen}
              @mousedown=${(event: Event) => event.preventDefault()} @click=${() => this.#take(offer)}>
              <span>${offer.label}</span><span class="detail">${offer.detail}</span>
            </li>`,
          )}
        </ul>
        <textarea id="input" rows="2" aria-label="Message" dir="auto"
          placeholder=${this.canChat ? "Ask. @ adds context, / lists commands" : "The model in use does not answer questions"}
          ?readonly=${!this.canChat}
          aria-autocomplete="list" aria-haspopup="listbox" aria-controls="offers"
          aria-activedescendant=${isOpen ? `offer-${this.chosen}` : nothing}
          @input=${this.#readMention} @click=${this.#readMention} @keydown=${this.#onKey} @blur=${this.#closeMention}></textarea>
      </div>
      <div class="row">
        <button type="button" class="icon" title="Add context" aria-label="Add context" @click=${this.#offerContext}>
          ${icon("attach")}
        </button>
        ${this.#meterButton()}
        ${this.#thinkButton()}
        <span class="gap"></span>
        ${
          this.isWriting
            ? html`<button id="stop" type="button" class="primary" title="Stop (Escape)"
                @click=${() => this.#send({ type: "stop" })}>${icon("stop")}Stop</button>`
            : html`<button id="send" type="submit" class="primary" title="Send (Enter)"
                ?disabled=${!this.canAsk}>${icon("send")}Send</button>`
        }
      </div>
      ${this.showsMeter && this.meter ? this.#meterDetails(this.meter) : nothing}
    </form>`;
  }

  #meterButton(): TemplateResult | typeof nothing {
    const { meter } = this;
    if (meter === undefined || !this.canChat) {
      return nothing;
    }
    const percent = Math.min(100, Math.round((100 * meter.used) / Math.max(1, meter.limit - meter.reserved)));
    const left = meter.leftOut.length > 0 ? ", something is left out" : "";
    return html`<button type="button" id="meter" class="icon" aria-expanded=${this.showsMeter} aria-controls="meter-details"
      title="How full the model's context window is"
      aria-label=${`Context ${percent} percent full${left}`}
      @click=${() => {
        this.showsMeter = !this.showsMeter;
      }}>
      <svg viewBox="0 0 40 8" width="40" height="8" aria-hidden="true">
        <rect class="frame" x="0.5" y="0.5" width="39" height="7"></rect>
        <rect class=${left === "" ? "fill" : "fill full"} x="1" y="1" width=${(38 * percent) / 100} height="6"></rect>
      </svg><span>${percent} %</span>
    </button>`;
  }

  #thinkButton(): TemplateResult | typeof nothing {
    const { thinking } = this;
    if (thinking === undefined || !this.canChat) {
      return nothing;
    }
    return html`<button type="button" id="think" class="icon" aria-pressed=${thinking}
      title="Let the model think aloud before it answers: better answers, much later"
      @click=${() => this.#send({ type: "think", isOn: !thinking })}>${icon("think")}Think</button>`;
  }

  #meterDetails({ limit, used, reserved, leftOut }: ContextMeter): TemplateResult {
    return html`<div id="meter-details" class="note">
      <p>${used} of ${limit} tokens are used; ${reserved} are kept for the answer. When the conversation no longer fits,
        its oldest messages are folded: they stay here, but the model no longer reads them.</p>
      ${leftOut.length === 0 ? html`<p>Nothing is left out.</p>` : html`<ul>${leftOut.map((line) => html`<li>${line}</li>`)}</ul>`}
    </div>`;
  }

  #submit(event: Event): void {
    event.preventDefault();
    const input = this.#input;
    const text = input.value.trim();
    if (text !== "" && this.canAsk && !this.isWriting) {
      this.#send({ type: "ask", text });
      input.value = "";
      this.mention = undefined;
      this.#resize();
    }
  }

  #onKey(event: KeyboardEvent): void {
    const offers = this.#shownOffers;
    const offer = offers[this.chosen];
    if (offer !== undefined && !isComposing(event)) {
      switch (event.key) {
        case "ArrowDown":
        case "ArrowUp":
          event.preventDefault();
          this.chosen = (this.chosen + (event.key === "ArrowDown" ? 1 : -1) + offers.length) % offers.length;
          return;
        case "Enter":
        case "Tab":
          event.preventDefault();
          this.#take(offer);
          return;
        case "Escape":
          event.preventDefault();
          event.stopPropagation();
          this.mention = undefined;
          return;
      }
    }
    // An Enter that ends a composition (when one types Chinese, for example) belongs to the input method.
    if (event.key === "Enter" && !event.shiftKey && !isComposing(event)) {
      event.preventDefault();
      this.querySelector("form")?.requestSubmit();
    }
  }

  #readMention(): void {
    this.#resize();
    const input = this.#input;
    const mention = mentionAt(input.value, input.selectionStart);
    const { mention: known } = this;
    if (mention?.trigger === known?.trigger && mention?.query === known?.query && mention?.start === known?.start) {
      return;
    }
    this.mention = mention;
    if (mention !== undefined) {
      this.#send({ type: "complete", request: ++this.#requests, trigger: mention.trigger, query: mention.query });
    }
  }

  #closeMention(): void {
    this.mention = undefined;
  }

  #take({ id }: Offer): void {
    const { mention } = this;
    if (mention === undefined) {
      return;
    }
    const input = this.#input;
    const end = mention.start + 1 + mention.query.length;
    if (mention.trigger === "/") {
      input.setRangeText(`/${id} `, 0, end, "end");
    } else if (id === "workspace") {
      // What is found depends on the question, so the word stays in it.
      input.setRangeText("@workspace ", mention.start, end, "end");
    } else {
      // What is attached is shown as a chip, so its name is removed from the text.
      input.setRangeText("", mention.start, end, "end");
      this.#send({ type: "attach", offer: id });
    }
    this.mention = undefined;
    this.#resize();
    input.focus();
  }

  /** Does what typing "@" does. */
  #offerContext(): void {
    const input = this.#input;
    const before = input.value.slice(0, input.selectionStart);
    input.focus();
    input.setRangeText(/(^|\s)$/.test(before) ? "@" : " @", input.selectionStart, input.selectionEnd, "end");
    this.#readMention();
  }

  /** Lets the input grow with its text; the style sheet sets the limit. It is called after every change of the text. */
  #resize(): void {
    const input = this.#input;
    input.style.height = "auto";
    input.style.height = `${input.scrollHeight + 2}px`;
    this.tell("draft", input.value);
  }

  #send(message: FromPage): void {
    this.tell("send", message);
  }
}
customElements.define("sterna-composer", ComposerElement);
