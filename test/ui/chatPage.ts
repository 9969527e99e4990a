/** The chat page by itself in a browser, with VS Code's real colours and a host that records what it is sent. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { chatPage } from "../../extension/chat/chatPageHtml.ts";
import { launchChromium } from "../../scripts/lib/chromium.mjs";
import type { ChatTurn, FromPage, ToPage } from "../../webview/messages.ts";
import { root } from "../unit/root.ts";

const ORIGIN = "http://127.0.0.1:9";

export type Theme = "dark" | "light" | "highContrast" | "highContrastLight";
export const THEMES: Theme[] = ["dark", "light", "highContrast", "highContrastLight"];

type Themes = Record<Theme, { class: string; variables: Record<string, string> }>;
const themes = JSON.parse(readFileSync(path.join(root, "test/fixtures/themes.json"), "utf8")) as Themes;

export const READY: Extract<ToPage, { type: "state" }> = {
  type: "state",
  note: "",
  chooseModel: false,
  offer: "",
  canAsk: true,
  alive: true,
};

export function question(id: number, text: string, fields: Partial<ChatTurn> = {}): ChatTurn {
  return { id, role: "user", text, state: "done", note: "", attached: [], ...fields };
}

export function answer(id: number, text: string, fields: Partial<ChatTurn> = {}): ChatTurn {
  return { ...question(id, text), role: "assistant", ...fields };
}

export class ChatPage {
  readonly page: Page;
  /** The messages that the page has sent to its host. */
  readonly sent: FromPage[];
  /** What the page has tried to load besides its own two files. */
  readonly loaded: string[];
  /** Errors in scripts, and what the content security policy has refused. */
  readonly complaints: string[];

  private constructor(page: Page, sent: FromPage[], loaded: string[], complaints: string[]) {
    this.page = page;
    this.sent = sent;
    this.loaded = loaded;
    this.complaints = complaints;
  }

  static async open(
    context: BrowserContext,
    { theme = "dark", width = 320, height = 600 }: { theme?: Theme; width?: number; height?: number } = {},
  ): Promise<ChatPage> {
    const page = await context.newPage();
    await page.setViewportSize({ width, height });
    const [sent, loaded, complaints]: [FromPage[], string[], string[]] = [[], [], []];
    const file = (name: string) => readFileSync(path.join(root, "dist/webview", name), "utf8");
    const html = chatPage({
      cspSource: ORIGIN,
      script: `${ORIGIN}/main.js`,
      style: `${ORIGIN}/style.css`,
      nonce: "a1b2c3",
    });
    const contents: Record<string, [type: string, body: string]> = {
      "/": ["text/html", html],
      "/main.js": ["text/javascript", file("main.js")],
      "/style.css": ["text/css", file("style.css")],
    };
    await page.route("**/*", (route) => {
      const url = new URL(route.request().url());
      const content = url.origin === ORIGIN ? contents[url.pathname] : undefined;
      if (content === undefined) {
        loaded.push(url.href);
        return route.abort();
      }
      return route.fulfill({ contentType: content[0], body: content[1] });
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    page.on("dialog", (dialog) => {
      complaints.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    await page.exposeFunction("toHost", (message: FromPage) => sent.push(message));
    // Like VS Code's: the state survives the page.
    await page.addInitScript(`globalThis.acquireVsCodeApi = () => ({
      postMessage: (message) => toHost(message),
      getState: () => JSON.parse(sessionStorage.getItem("state") ?? "null"),
      setState: (state) => sessionStorage.setItem("state", JSON.stringify(state)),
    })`);
    await page.goto(`${ORIGIN}/`);
    const { class: name, variables } = themes[theme];
    await page.evaluate(
      ([name, variables]) => {
        document.body.className = name;
        for (const [variable, value] of Object.entries(variables)) {
          document.documentElement.style.setProperty(variable, value);
        }
      },
      [name, variables] as const,
    );
    const chat = new ChatPage(page, sent, loaded, complaints);
    await chat.waitFor(() => sent.length > 0);
    return chat;
  }

  async receive(...messages: ToPage[]): Promise<void> {
    await this.page.evaluate((list) => {
      for (const message of list) window.postMessage(message, "*");
    }, messages);
    await this.settle();
  }

  async show(...turns: ChatTurn[]): Promise<void> {
    await this.receive(READY, {
      type: "conversation",
      conversation: { id: "c", title: "A conversation", turns, foldedUpTo: 0 },
    });
  }

  /** Waits until what was sent is on the screen. */
  async settle(): Promise<void> {
    await this.page.evaluate(
      () => new Promise((resolve) => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(resolve)), 0)),
    );
  }

  async waitFor(condition: () => boolean): Promise<void> {
    for (let i = 0; i < 200 && !condition(); i++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert.ok(condition(), "it did not come about within 2 s");
  }

  /** The messages to the host after the first one. */
  get said(): FromPage[] {
    return this.sent.slice(1);
  }
}

/** How many pixels differ between two pictures (PNG) by more than rounding. */
export async function differingPixels(page: Page, one: Buffer, other: Buffer): Promise<number> {
  const pictures = [one, other].map((picture) => picture.toString("base64"));
  return await page.evaluate(async (pictures) => {
    const [a, b] = await Promise.all(
      pictures.map(async (picture) => {
        const bytes = Uint8Array.from(atob(picture), (char) => char.charCodeAt(0));
        const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
        const canvas = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
        canvas?.drawImage(bitmap, 0, 0);
        return canvas?.getImageData(0, 0, bitmap.width, bitmap.height).data ?? new Uint8ClampedArray();
      }),
    );
    if (a === undefined || b === undefined || a.length !== b.length) return Number.POSITIVE_INFINITY;
    let count = 0;
    for (let at = 0; at < a.length; at += 4) {
      if ([0, 1, 2].some((channel) => Math.abs((a[at + channel] ?? 0) - (b[at + channel] ?? 0)) > 2)) count++;
    }
    return count;
  }, pictures);
}

/** Starts one browser for the tests in a file. */
export function withBrowser(): () => BrowserContext {
  let context: BrowserContext;
  before(async function () {
    this.timeout(30_000);
    context = await launchChromium({ width: 320, height: 600 });
  });
  after(() => context?.browser()?.close());
  return () => context;
}
