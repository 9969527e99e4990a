import assert from "node:assert/strict";
import { PLACES } from "../../scripts/lib/places.mjs";
import { type Session, startSession } from "./vscodeSession.ts";

describe("Sterna in the workbench", () => {
  let session: Session;

  before(async function () {
    this.timeout(120_000);
    session = await startSession();
  });
  after(() => session?.close());

  /** Types at one place after another until ghost text appears that `suits` accepts, and returns it. */
  async function typeUntilGhostText(suits = async () => true): Promise<string> {
    const { workbench } = session;
    for (const place of PLACES) {
      await workbench.closeEditor();
      await workbench.openAt(place.file, place.line);
      await workbench.page.keyboard.type(place.type, { delay: 30 });
      const text = await workbench.waitForGhostText(4_000);
      if (text !== "" && (await suits())) {
        return text;
      }
    }
    throw new Error("no ghost text at any place");
  }

  it("shows its state in the status bar", async () => {
    assert.match(await session.workbench.statusLabel(), /^Sterna: ready/);
    const tooltip = await session.workbench.statusTooltip();
    assert.ok(
      tooltip.some((line) => /^Model: .+ thread/.test(line)),
      tooltip.join("\n"),
    );
  });

  it("shows ghost text while typing, and Tab accepts it", async () => {
    const { workbench, picture } = session;
    const text = await typeUntilGhostText();
    await picture("ghost-text-ui");
    const before = await workbench.cursorLine();
    await workbench.page.keyboard.press("Tab");
    await workbench.page.waitForTimeout(100);
    await picture("ghost-text-accepted");
    const after = await workbench.cursorLine();
    assert.ok(after.includes(text.trim()), `"${after}" does not hold the accepted "${text}"; before: "${before}"`);
  }).timeout(60_000);

  it("lets a suggestion stand while it is typed: no picture without it, on any frame", async () => {
    const { workbench, picture } = session;
    const { page } = workbench;
    await workbench.closeEditor();
    await workbench.openAt("src/format.ts", 1);
    // The names begin like no global name, because the list would have a global one selected.
    await page.keyboard.type("\nconst first = zebrafish.soup.kitchen;\nconst second = zebrafish.soup.kitchen;", {
      delay: 5,
    });
    await page.keyboard.press("Enter");
    // Inserted at once, because suggestions on the way depend on the time between keys.
    await page.keyboard.insertText("const third = ze");
    await page
      .waitForFunction(() =>
        document.querySelector(".monaco-editor .view-lines")?.textContent?.includes("third\u00a0=\u00a0zebrafish"),
      )
      .catch(async (error) => {
        // Says why there is no suggestion.
        throw new Error((await workbench.statusTooltip()).join("\n"), { cause: error });
      });
    const ghost = (await workbench.ghostText()).trim();
    assert.ok(ghost.length > 4 && "brafish.soup.kitchen;".startsWith(ghost), `"${ghost}"`);
    const frames = await workbench.watchCursorLine();
    const whole = await workbench.cursorLine();
    for (const [index, key] of [...ghost.slice(0, -2)].entries()) {
      await page.keyboard.press(key);
      await picture(`typing-as-suggested-${index + 1}`);
      await page.waitForTimeout(90);
    }
    const seen = await frames();
    assert.ok(seen.count > 20, `${seen.count} frames`);
    // The text may grow while it is typed.
    assert.deepEqual(
      seen.lines.filter((line) => !line.startsWith(whole)),
      [],
    );
    assert.ok((await workbench.ghostText()).startsWith(ghost.slice(-2)));
    await workbench.command("View: Revert and Close Editor");
  }).timeout(60_000);

  it("shows its statistics as plots and tables", async () => {
    const { workbench, picture } = session;
    await workbench.command("Sterna: Show Statistics");
    const page = await workbench.webview("h1");
    assert.equal(await page.locator("h1").textContent(), "Sterna statistics");
    const shown = page.locator("tr", { hasText: "Suggestions shown" }).locator("td");
    assert.ok(Number(await shown.textContent()) > 0);
    await picture("statistics");
    await workbench.command("View: Close Editor");
  }).timeout(30_000);

  it("tells on hover how the last request went", async () => {
    let tooltip: string[] = [];
    // Cached or copied text takes none of the model's time, but a request by hand always asks the model.
    await typeUntilGhostText(async () => {
      await session.workbench.page.keyboard.press("Alt+Backslash");
      await session.workbench.page.waitForTimeout(500);
      tooltip = await session.workbench.statusTooltip();
      return tooltip.includes("The last request gave a suggestion.");
    });
    assert.ok(
      tooltip.some((line) => /^The model's last answer took \d+ ms: \d+ ms of waiting/.test(line)),
      tooltip.join("\n"),
    );
  }).timeout(60_000);

  it("dismisses ghost text with Escape, and leaves the text alone", async () => {
    const { workbench } = session;
    await typeUntilGhostText();
    const before = (await workbench.cursorLine()).length;
    const ghost = (await workbench.ghostText()).length;
    // When VS Code's own list is open, the first Escape closes it.
    const isListOpen = await workbench.page.locator(".suggest-widget.visible").isVisible();
    if (isListOpen) await workbench.page.keyboard.press("Escape");
    await workbench.page.keyboard.press("Escape");
    await workbench.page.waitForTimeout(300);
    assert.equal(await workbench.ghostText(), "");
    assert.equal((await workbench.cursorLine()).length, before - ghost);
  }).timeout(60_000);

  it("tells why there is no suggestion", async () => {
    const { workbench, picture } = session;
    // The tests before this one have typed into the file.
    await workbench.closeEditor();
    await workbench.openAt("src/cart.ts", 24);
    for (let i = 0; i < "mber {".length; i++) {
      await workbench.page.keyboard.press("ArrowLeft");
    }
    await workbench.page.keyboard.type("x");
    await workbench.page.keyboard.press("Escape");
    await workbench.page.waitForTimeout(500);
    assert.equal(await workbench.ghostText(), "");
    const tooltip = await workbench.statusTooltip({ keep: true });
    await picture("silence-reason");
    assert.ok(tooltip.includes("The cursor is inside a word; suggestions are made at its end."), tooltip.join("\n"));
  });

  it("shows nothing while turned off, and says so", async () => {
    const { workbench, picture } = session;
    await workbench.command("Sterna: Turn Suggestions On or Off");
    try {
      await workbench.waitForStatus(/off/, 5_000);
      await workbench.openAt("src/format.ts", 4);
      await workbench.page.keyboard.type("\nconst text = ");
      assert.equal(await workbench.waitForGhostText(1_500), "");
      await picture("turned-off");
    } finally {
      await workbench.command("Sterna: Turn Suggestions On or Off");
    }
    await workbench.waitForStatus(/ready/, 5_000);
  }).timeout(30_000);
});
