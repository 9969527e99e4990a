import assert from "node:assert/strict";
import { quotes } from "../../../engine/workspace/quotes.ts";

const FILE = [
  "# Never commit this.",
  "PASSWORD=hunter2Secret",
  "export TOKEN='a b c/12'",
  'name: "Correct Horse"',
  "NODE_ENV=development",
  "PORT=3000",
  "-----BEGIN RSA PRIVATE KEY-----",
  "MIIEpAIBAAKCAQEA7bq",
  '  "password": "Tr0ub4dor",',
  "Authorization: Bearer sk-abcDEF0123456789xyz, for all",
  "key => 'Swordfish9'",
].join("\r\n");

describe("a text has something of a file", () => {
  const cases: [what: string, text: string, expected: boolean][] = [
    ["whose line it shows", "$ cat .env\nPASSWORD=hunter2Secret\n", true],
    ["whose line it shows behind something else", ".env:2:PASSWORD=hunter2Secret", true],
    ["whose value it shows", "$ echo $PASSWORD\nhunter2Secret", true],
    ["whose value it shows without its quotes", "token is a b c/12.", true],
    ["whose value it shows, of a key with a colon", "Hello Correct Horse!", true],
    ["whose comment it shows", "# Never commit this.", true],
    ["whose key it shows", "MIIEpAIBAAKCAQEA7bq", true],
    ["whose value it shows, of a key in quotes", "login with Tr0ub4dor", true],
    ["whose value it shows, of a key with an arrow", "login with Swordfish9", true],
    ["whose key it shows without what is around it", "curl -H sk-abcDEF0123456789xyz", true],
    ["but not by a plain word that is a value, too", "running in development", false],
    ["but not by a short line", "PORT=3000 npm start", false],
    ["but not by the name of a setting", "PASSWORD is not set", false],
    ["but not by nothing", "", false],
  ];
  for (const [what, text, expected] of cases) it(what, () => assert.equal(quotes(text, FILE), expected));
  it("but not of an empty one", () => assert.equal(quotes("anything\n\nat all", "\n\n"), false));
});
