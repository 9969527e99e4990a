import assert from "node:assert/strict";
import { CompletionTrie } from "../../../engine/completion/completionTrie.ts";
import { Random } from "../../../engine/replay/random.ts";

/** What is found, as "typed|rest" for each suggestion. */
function found(trie: CompletionTrie<number>, prefix: string): string[] {
  return trie.find(prefix).map(({ entry, typed }) => `${typed}|${entry.text.slice(typed.length)}`);
}

describe("the suggestion trie", () => {
  it("finds a suggestion where it was made, and while it is typed", () => {
    const trie = new CompletionTrie<number>(10);
    trie.add("const a = ", "list.length;", 1);
    for (const [prefix, expected] of [
      ["const a = ", ["|list.length;"]],
      ["const a = list", ["list|.length;"]],
      ["const a = list.length;", ["list.length;|"]],
      ["const a = list.length; ", []],
      ["const a = lost", []],
      ["const a =", []],
      ["", []],
      ["const b = ", []],
    ] as const) {
      assert.deepEqual(found(trie, prefix), expected, prefix);
    }
  });

  it("finds suggestions of earlier places too, the latest place and the newest suggestion first", () => {
    const trie = new CompletionTrie<number>(10);
    trie.add("x", "yz1", 0);
    trie.add("xy", "z2", 0);
    trie.add("xy", "z3", 0);
    assert.deepEqual(found(trie, "xyz"), ["z|3", "z|2", "yz|1"]);
    assert.deepEqual(found(trie, "xy"), ["|z3", "|z2", "y|z1"]);
  });

  it("forgets what is removed, and what stands behind a place", () => {
    const trie = new CompletionTrie<number>(10);
    trie.add("ab", "one", 0);
    const two = trie.add("abc", "two", 0);
    trie.add("abcde", "three", 0);
    trie.remove(two);
    trie.remove(two);
    assert.deepEqual([found(trie, "abc"), found(trie, "abcde")], [[], ["|three"]]);
    trie.removeAfter("abcd");
    assert.deepEqual([found(trie, "ab"), found(trie, "abcde"), trie.size], [["|one"], [], 1]);
    trie.removeAfter("ab");
    assert.deepEqual(found(trie, "ab"), ["|one"]);
  });

  it("keeps the most recently used ones", () => {
    const trie = new CompletionTrie<number>(2);
    const first = trie.add("a", "1", 0);
    trie.add("b", "2", 0);
    trie.touch(first);
    trie.add("c", "3", 0);
    assert.deepEqual([found(trie, "a"), found(trie, "b"), found(trie, "c")], [["|1"], [], ["|3"]]);
    trie.add("c", "3", 0);
    assert.equal(trie.size, 2);
  });

  it("answers like a plain list over random texts, additions and removals", () => {
    const random = new Random(11);
    const letters = (length: number) => Array.from({ length }, () => "ab"[random.between(0, 1)]).join("");
    const trie = new CompletionTrie<number>(1000);
    let list: { prefix: string; text: string; entry: ReturnType<typeof trie.add> }[] = [];
    for (let step = 0; step < 3000; step++) {
      const prefix = letters(random.between(0, 8));
      const what = random.next();
      if (what < 0.3) {
        const text = letters(random.between(1, 4));
        list = list.filter((other) => other.prefix !== prefix || other.text !== text);
        list.push({ prefix, text, entry: trie.add(prefix, text, step) });
      } else if (what < 0.4 && list.length > 0) {
        const [gone] = list.splice(random.between(0, list.length - 1), 1);
        if (gone !== undefined) trie.remove(gone.entry);
      } else if (what < 0.45) {
        trie.removeAfter(prefix);
        list = list.filter((other) => !other.prefix.startsWith(prefix) || other.prefix === prefix);
      }
      const expected = list
        .filter((other) => prefix.startsWith(other.prefix) && (other.prefix + other.text).startsWith(prefix))
        .map((other) => other.entry.value);
      const actual = trie.find(prefix).map(({ entry }) => entry.value);
      assert.deepEqual(actual.sort(), expected.sort(), `step ${step}, "${prefix}"`);
      assert.equal(trie.size, list.length);
    }
  });
});
