import assert from "node:assert/strict";
import { CodeSearch } from "../../../../engine/repository/search/codeSearch.ts";

describe("the search in the workspace's files", () => {
  const FILES: Record<string, string> = {
    "/w/src/cart.ts":
      "/** Sums up the prices of all items. */\nexport function totalPrice(items: Item[]) {\n  return sum(items);\n}\n",
    "/w/src/user.ts":
      "export class UserStore {\n  findByName(name: string) {\n    return this.users.get(name);\n  }\n}\n",
    "/w/src/http/retry.ts":
      "export async function withRetries(send: Send) {\n  for (let i = 0; i < 3; i++) await send();\n}\n",
    "/w/test/cart.test.ts": "it('sums up prices of items', () => totalPrice([]));\n",
  };
  const setup = (files = { ...FILES }) => {
    const read: string[] = [];
    const search = new CodeSearch({
      paths: () => Object.keys(files),
      read: async (path) => {
        read.push(path);
        return files[path];
      },
      displayPath: (path) => path.slice("/w/".length),
    });
    const paths = async (question: string, within?: string[]) => [
      ...new Set((await search.search(question, 20, within)).map(({ displayPath }) => displayPath)),
    ];
    return { search, files, read, paths };
  };

  it("finds the lines by words that the code has in names, paths or comments, code before its tests", async () => {
    const { search, paths } = setup();
    assert.deepEqual((await paths("Where are the prices of items summed up?")).slice(0, 2), [
      "src/cart.ts",
      "test/cart.test.ts",
    ]);
    assert.equal((await paths("how is a user found by name"))[0], "src/user.ts");
    assert.equal((await paths("retrying http requests"))[0], "src/http/retry.ts");
    const [best] = await search.search("withRetries", 1);
    assert.deepEqual([best?.first, best?.last, best?.languageId], [1, 3, "typescript"]);
    assert.equal(best?.text, FILES["/w/src/http/retry.ts"]?.trimEnd());
    assert.equal(best?.coverage, 1);
  });

  it("finds nothing for words that no file has, and says how little is covered of others", async () => {
    const { search, paths } = setup();
    assert.deepEqual(await paths("zebra crossing"), []);
    assert.deepEqual(await paths(""), []);
    const [weak] = await search.search("users of elephants and giraffes in africa", 1);
    assert.ok(weak !== undefined && weak.coverage < 0.5, String(weak?.coverage));
  });

  it("searches only the given files", async () => {
    const { paths } = setup();
    assert.deepEqual(await paths("prices of items", ["/w/test/cart.test.ts"]), ["test/cart.test.ts"]);
  });

  it("reads nothing before it is asked, everything once, then what has changed", async () => {
    const { search, files, read, paths } = setup();
    search.changed("/w/src/user.ts");
    assert.equal(read.length, 0);
    await paths("zebra");
    assert.deepEqual(read.splice(0).sort(), Object.keys(FILES).sort());
    files["/w/src/user.ts"] = "export function zebra() {}\n";
    search.changed("/w/src/user.ts");
    assert.deepEqual(await paths("zebra"), ["src/user.ts"]);
    assert.ok(!read.includes("/w/src/cart.ts"));
  });

  it("forgets a file that is gone, or may no longer be read", async () => {
    const { search, files, paths } = setup();
    assert.ok((await paths("totalPrice")).includes("src/cart.ts"));
    delete files["/w/src/cart.ts"];
    search.changed("/w/src/cart.ts");
    assert.ok(!(await paths("totalPrice")).includes("src/cart.ts"));
    assert.deepEqual(await search.names("totalPrice", 5), []);
    search.changed(undefined);
    delete files["/w/src/user.ts"];
    assert.deepEqual(await paths("UserStore"), []);
  });

  it("returns no line of a file that may no longer be read, even if it was not told of that", async () => {
    const { files, paths } = setup();
    await paths("totalPrice");
    delete files["/w/src/cart.ts"];
    assert.ok(!(await paths("totalPrice")).includes("src/cart.ts"));
  });

  it("answers questions that come at the same time, while files change", async () => {
    const { search, files, paths } = setup();
    const asked = Promise.all([paths("totalPrice"), paths("UserStore"), paths("withRetries")]);
    search.changed(undefined);
    files["/w/src/late.ts"] = "export function lateComer() {}\n";
    await asked;
    search.changed("/w/src/late.ts");
    assert.deepEqual(await paths("lateComer"), ["src/late.ts"]);
    assert.equal((await paths("totalPrice"))[0], "src/cart.ts");
  });

  it("completes names, those that begin with what is typed first", async () => {
    const { search } = setup();
    const names = await search.names("find", 5);
    assert.deepEqual(names, [
      { name: "findByName", path: "/w/src/user.ts", displayPath: "src/user.ts", first: 1, last: 5 },
    ]);
    assert.deepEqual(
      (await search.names("e", 9)).map(({ name }) => name),
      ["UserStore", "findByName", "totalPrice", "withRetries"],
    );
  });
});
