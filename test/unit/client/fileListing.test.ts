/** What an editor tells the engine of the workspace's files while the rules for reading them change. */
import assert from "node:assert/strict";
import { FileListing } from "../../../engine/client/fileListing.ts";
import type { RepositoryFilesChange } from "../../../engine/protocol/repository.ts";
import { until } from "../support/until.ts";

/** A workspace whose files are judged by a rule that the test changes, and whose walk ends when the test says so. */
function setup() {
  const state = { isOn: true, ignored: new Set<string>(), files: ["file:///w/a.ts", "file:///w/b.ts"] };
  const reported: RepositoryFilesChange[] = [];
  const walks: (() => void)[] = [];
  const judged: (() => void)[] = [];
  let judgesAtOnce = true;
  const listing = new FileListing({
    engine: { notify: (_: unknown, change: RepositoryFilesChange) => reported.push(change) } as never,
    isOn: () => state.isOn,
    folders: () => ["/w"],
    packages: () => ({ exclude: ["**/.env"] }),
    walk: async () => {
      const found = state.files.filter((uri) => !state.ignored.has(uri));
      await new Promise<void>((resolve) => walks.push(resolve));
      return found;
    },
    mayRead: async (uri) => {
      const isAllowed = !state.ignored.has(uri);
      if (!judgesAtOnce) await new Promise<void>((resolve) => judged.push(resolve));
      return isAllowed;
    },
  });
  const walkEnds = async (count: number) => {
    await until(() => walks.length >= count);
    walks[count - 1]?.();
    await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const judgeLater = () => {
    judgesAtOnce = false;
  };
  return { state, reported, listing, walkEnds, judged, judgeLater, walks };
}

describe("the list of the files that may be read", () => {
  it("is reported whole, with the folders and what is not read of packages", async () => {
    const { listing, reported, walkEnds } = setup();
    listing.list(0);
    await walkEnds(1);
    const packages = { exclude: ["**/.env"] };
    const changed = ["file:///w/a.ts", "file:///w/b.ts"];
    assert.deepEqual(reported, [{ reset: true, folders: ["/w"], packages, changed, removed: [] }]);
    listing.dispose();
  });

  it("is never reported as it was by older rules: a list that is being made when they change ends", async () => {
    const { state, listing, reported, walkEnds } = setup();
    listing.list(0);
    await until(() => reported.length === 0);
    await new Promise((resolve) => setTimeout(resolve, 5));
    state.ignored.add("file:///w/b.ts");
    listing.list(20);
    await walkEnds(1);
    assert.deepEqual(reported, []);
    await walkEnds(2);
    assert.deepEqual(
      reported.map(({ changed }) => changed),
      [["file:///w/a.ts"]],
    );
    listing.dispose();
  });

  it("names no changed file that was judged by older rules, and judges it anew after the list", async () => {
    const { state, listing, reported, walkEnds, judged, judgeLater } = setup();
    judgeLater();
    const changing = listing.changed(["file:///w/b.ts"]);
    await until(() => judged.length === 1);
    state.ignored.add("file:///w/b.ts");
    listing.list(0);
    judged[0]?.();
    await changing;
    assert.deepEqual(reported, []);
    await walkEnds(1);
    judged[1]?.();
    await until(() => reported.length === 2);
    assert.deepEqual(reported[1], { reset: false, changed: [], removed: ["file:///w/b.ts"] });
    listing.dispose();
  });

  it("lacks no file that is made while the list is", async () => {
    const { listing, reported, walkEnds } = setup();
    listing.list(0);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await listing.changed(["file:///w/new.ts"]);
    assert.deepEqual(reported, []);
    await walkEnds(1);
    await until(() => reported.length === 2);
    assert.deepEqual(reported[1], { reset: false, changed: ["file:///w/new.ts"], removed: [] });
    listing.dispose();
  });

  it("is taken back when there is to be no index any more", async () => {
    const { state, listing, reported, walkEnds } = setup();
    listing.list(0);
    await walkEnds(1);
    state.isOn = false;
    listing.list(0);
    await until(() => reported.length === 2);
    assert.deepEqual(reported[1], { reset: true, changed: [], removed: [] });
    await listing.changed(["file:///w/a.ts"]);
    assert.equal(reported.length, 2);
    listing.dispose();
  });
});
