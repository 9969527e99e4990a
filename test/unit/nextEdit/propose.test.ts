import assert from "node:assert/strict";
import { linePatternsOf, lineSites } from "../../../engine/nextEdit/insertedLines.ts";
import { propose } from "../../../engine/nextEdit/propose.ts";
import { Desk } from "./desk.ts";

const CALLS = `const one = await load(first, retry);
const two = await load(second, retry);
const three = await load(third, retry);
const four = await load(fourth, retry);
const five = await load(fifth, retry);
`;

describe("the next edit", () => {
  it("nothing is proposed before any edit", () => {
    assert.equal(new Desk({ "a.ts": CALLS }).next(), undefined);
  });

  it("three of five calls changed: the other two", () => {
    const desk = new Desk({ "a.ts": CALLS }).edit("load(", "fetchAll(", 3);
    assert.deepEqual(desk.acceptAll(), [
      "const four = await fetchAll(fourth, retry);",
      "const five = await fetchAll(fifth, retry);",
    ]);
  });

  it("an argument added to three of five calls: the other two", () => {
    const desk = new Desk({ "a.ts": CALLS });
    for (const name of ["first", "second", "third"]) desk.edit(`${name}, retry)`, `${name}, retry, signal)`);
    assert.deepEqual(desk.acceptAll(), [
      "const four = await load(fourth, retry, signal);",
      "const five = await load(fifth, retry, signal);",
    ]);
  });

  it("a declaration renamed: its uses, the nearest below first", () => {
    const desk = new Desk({
      "a.ts": `function total(items: number[]): number {
  return items.reduce((sum, item) => sum + item, 0);
}
console.log(total([1, 2]));
console.log(total([3, 4]), "total");
`,
    }).edit("total", "grandTotal");
    const lines = desk.acceptAll();
    assert.equal(lines[0], "console.log(grandTotal([1, 2]));");
    assert.match(lines[1]!, /grandTotal\(\[3, 4\]\)/);
  });

  it("a renamed identifier in its other styles, after the identifier itself is gone", () => {
    const desk = new Desk({
      "a.py": `user_count = 0
user_count += 1
USER_COUNT = 3
log(user_count)
log(USER_COUNT)
`,
    });
    desk.edit("user_count", "account_total").edit("user_count", "account_total").edit("user_count", "account_total");
    assert.deepEqual(desk.acceptAll(), ["log(ACCOUNT_TOTAL)", "ACCOUNT_TOTAL = 3"]);
  });

  it("the same line below lines of the same kind, where it is missing", () => {
    const block = (name: string) => `test("${name}", () => {\n  const desk = setUp();\n  check(desk);\n});\n`;
    const desk = new Desk({ "a.ts": ["a", "b", "c", "d", "e"].map(block).join("") });
    let from = 0;
    for (let time = 0; time < 3; time++) {
      const offset = desk.text.indexOf("setUp();\n", from) + "setUp();".length;
      desk.change(offset, 0, "\n  desk.clear();");
      from = offset + 5;
    }
    const [pattern] = linePatternsOf(desk.edits);
    const sites = lineSites({ uri: "a.ts", text: desk.text }, pattern!);
    let made = desk.text;
    for (const { start, end, text } of sites.reverse()) made = made.slice(0, start) + text + made.slice(end);
    assert.equal(made.split("setUp();\n  desk.clear();\n  check(desk);\n").length, 6);
  });

  it("an import that lost its last use", () => {
    const desk = new Desk({
      "a.ts": 'import { join, resolve } from "node:path";\nconst a = join("x");\nconst b = resolve("x");\n',
    });
    desk.edit('resolve("x")', '"/x"');
    assert.equal(desk.next(), undefined, "the language service has not said so");
    desk.unused = "resolve";
    assert.equal(desk.show(desk.next()), 'import { join } from "node:path";');
  });

  it("this file comes before open ones, open ones come before the repository", () => {
    const more = CALLS + CALLS;
    const desk = new Desk({ "a.ts": more, "b.ts": CALLS }, { "c.ts": CALLS }).edit("load(", "fetchAll(", 9);
    const files: string[] = [];
    for (let proposal = desk.next(); proposal !== undefined && files.length < 20; proposal = desk.next()) {
      files.push(proposal.uri);
      if (proposal.uri === "c.ts") break;
      desk.accept(proposal);
    }
    assert.deepEqual(files, ["a.ts", "b.ts", "b.ts", "b.ts", "b.ts", "b.ts", "c.ts"]);
  });

  it("a dismissed proposal does not come again", () => {
    const desk = new Desk({ "a.ts": CALLS }).edit("load(", "fetchAll(", 3);
    desk.dismissed.add(desk.next()!);
    assert.equal(desk.next()?.text.includes("fetchAll") ?? false, false);
  });

  it("new code that repeats nothing starts no search", () => {
    const desk = new Desk({ "a.ts": `${CALLS.repeat(1000)}\n` });
    let looks = 0;
    for (const key of "const total = items.reduce((sum, item) => sum + item.price, 0);\nreturn total / items.length;") {
      desk.change(desk.text.length, 0, key);
      const { text } = desk;
      const current = {
        uri: "a.ts",
        get text() {
          looks++;
          return text;
        },
      };
      const workspace = { current, open: [], filesWith: () => assert.fail("the repository is asked") };
      const { edits, cursor } = desk;
      assert.equal(propose({ edits, cursor, workspace, isDismissed: () => false }), undefined);
    }
    assert.equal(looks, 0);
  });

  it("a change that has been made already is not proposed", () => {
    const desk = new Desk({ "a.ts": "f(a);\nf(b);\nthis.f(c);\n" })
      .edit("f(a)", "this.f(a)")
      .edit("\nf(b)", "\nthis.f(b)");
    assert.equal(desk.next(), undefined);
  });

  it("new lines end as the document's do", () => {
    const text = `${["a", "b", "c", "d"].map((name) => `import ${name}`).join("\r\nx = 1\r\n\r\n")}\r\nx = 1\r\n`;
    const desk = new Desk({ "a.py": text }).edit("x = 1", "x = 1\r\ny = 2", 3);
    const proposal = desk.next();
    if (proposal !== undefined) assert.match(proposal.text, /^(\r\n)?[^\n]*(\r\n)?[^\n]*$/);
    for (const line of desk.acceptAll()) assert.ok(!line.includes("\n"));
    assert.equal(/[^\r]\n/.test(desk.text), false);
  });
});
