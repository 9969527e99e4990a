import assert from "node:assert/strict";
import { engineMessages, textOf } from "../../../extension/lm/lmMessages.ts";

const text = (value: string) => ({ value });

describe("messages of VS Code's language model API", () => {
  it("are texts in turns, neighbours of one role as one", () => {
    assert.deepEqual(
      engineMessages([
        { role: 1, content: "You are kind." },
        { role: 1, content: [text("One "), text("and two?")] },
        { role: 2, content: [text("Yes.")] },
        { role: 3, content: "And three?" },
      ]),
      [
        { role: "user", content: "You are kind.\n\nOne and two?" },
        { role: "assistant", content: "Yes." },
        { role: "user", content: "And three?" },
      ],
    );
  });

  it("come without what is no text", () => {
    assert.equal(
      textOf([{ callId: "x", name: "rm", input: {} }, text("a"), { value: 7 }, null, { data: new Uint8Array() }]),
      "a",
    );
    assert.deepEqual(
      engineMessages([
        { role: 1, content: [{ callId: "x", content: [] }] },
        { role: 2, content: " " },
      ]),
      [],
    );
  });
});
