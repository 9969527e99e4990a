import assert from "node:assert/strict";
import { chatPage } from "../../../extension/chat/chatPageHtml.ts";

const PAGE = chatPage({
  cspSource: "https://host.test",
  script: "https://host.test/main.js",
  style: "s.css",
  nonce: "n0",
});

describe("the chat page", () => {
  it("allows its own script and style, and nothing else", () => {
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(PAGE)?.[1];
    assert.equal(policy, "default-src 'none'; style-src https://host.test; script-src 'nonce-n0'");
    assert.deepEqual(PAGE.match(/<script[^>]*>/g), ['<script nonce="n0" src="https://host.test/main.js">']);
    assert.doesNotMatch(PAGE, /style=|\son\w+=|<img|<iframe/);
  });
});
