/** The chat view of a window, and answers that are stopped in the middle. */
import assert from "node:assert/strict";
import type { Workbench } from "../../scripts/lib/workbench.mjs";
import { load } from "../unit/support/load.ts";

export type Content = Awaited<ReturnType<Workbench["webview"]>>;

export async function openChat(workbench: Workbench): Promise<Content> {
  // Chromium does not paint a window that is behind another.
  await workbench.page.bringToFront();
  await workbench.command("Sterna: Focus on Chat View");
  return await workbench.webview("sterna-composer");
}

export const answerText = (content: Content) => content.locator("article.assistant .text").last().innerText();

/** Asks for a long answer. */
export async function ask(content: Content): Promise<void> {
  await content.locator("#send:enabled").waitFor();
  await content.locator("#input").fill("Write a very long story about a compiler, with many chapters.");
  await content.locator("#input").press("Enter");
}

/** The complete long answer, in a new conversation. */
export async function wholeAnswer(workbench: Workbench, content: Content): Promise<string> {
  await workbench.command("Sterna: New Conversation");
  await content.getByText("Ask about your code").waitFor();
  await ask(content);
  return await endOfAnswer(content);
}

/** The answer once it has ended and is painted. */
export async function endOfAnswer(content: Content): Promise<string> {
  await content.locator("article.assistant[aria-busy=false] .text", { hasText: /\S/ }).waitFor();
  return await answerText(content);
}

/**
 * Asks for a long answer in a new conversation, stops the engine in the middle of it, and returns what is shown. On a
 * loaded machine a step may be long enough for the whole answer, and some answers of random weights are short; then it
 * asks again.
 *
 * @param engine process id.
 */
export async function stopInTheMiddle(workbench: Workbench, content: Content, engine: number): Promise<string> {
  const answer = content.locator("article.assistant .text");
  for (let attempt = 0; attempt < 20; attempt++) {
    await workbench.command("Sterna: New Conversation");
    await content.getByText("Ask about your code").waitFor();
    process.kill(engine, "SIGSTOP");
    await ask(content);
    await runInSteps(engine, async () => (await answer.count()) > 0 && (await answer.innerText()).length > 5);
    if (await content.locator("#stop").isVisible()) return await answer.innerText();
    process.kill(engine, "SIGCONT");
    await content.locator("#send:enabled").waitFor();
  }
  throw new assert.AssertionError({ message: "the engine was never in the middle of an answer" });
}

/**
 * Lets a process run a few milliseconds at a time until a condition holds, and leaves it suspended. Otherwise the
 * built-in model would have finished before anybody could kill it in the middle.
 */
async function runInSteps(pid: number, isSo: () => Promise<boolean>): Promise<void> {
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  for (const end = Date.now() + 40_000; Date.now() < end; ) {
    process.kill(pid, "SIGCONT");
    await pause(2);
    process.kill(pid, "SIGSTOP");
    // What it has written is still on its way to the page.
    await pause(40 * load());
    if (await isSo()) return;
  }
  process.kill(pid, "SIGCONT");
  assert.fail("the engine has not written anything");
}
