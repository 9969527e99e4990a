import assert from "node:assert/strict";
import { question } from "../../../engine/chat/question.ts";
import { commandOffers } from "../../../extension/chat/offers.ts";

describe("the commands after a slash", () => {
  const modelTextOf = (text: string) => question({ text, attachments: [] }, 1000, ({ length }) => length).modelText;

  for (const { id, label, detail } of commandOffers("")) {
    it(`include ${label}, which the model gets in words of its own`, () => {
      assert.equal(label, `/${id}`);
      assert.notEqual(detail, "");
      const words = modelTextOf(`${label} quickly`);
      assert.match(words, /^[A-Z].*[.?!] quickly$/s);
    });
  }

  it("do not include other words, which the model gets as they are", () => assert.equal(modelTextOf("/sing"), ""));
});
