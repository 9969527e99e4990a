/** Reads the source files that a benchmark edits from the newest commit of a repository. */
import { isSource } from "../../engine/replay/edits/changedFiles.ts";
import { gitIn } from "../../engine/replay/git/commits.ts";
import { BlobReader, blobsAt } from "../../engine/replay/git/tree.ts";

export interface SourceFile {
  path: string;
  text: string;
}

/** The files of the repository's most frequent language. */
export async function sourcesOf(repository: string): Promise<SourceFile[]> {
  const git = gitIn(repository);
  const blobs = new BlobReader(repository);
  try {
    const hashes = [...(await blobsAt(git, "HEAD"))].filter(([path]) => isSource(path));
    const byEnding = new Map<string, SourceFile[]>();
    for (const [path, hash] of hashes) {
      const text = (await blobs.read(hash)) ?? "";
      const ending = path.slice(path.lastIndexOf("."));
      if (text.length > 0 && text.length < 200_000) {
        byEnding.set(ending, [...(byEnding.get(ending) ?? []), { path, text }]);
      }
    }
    return [...byEnding.values()].sort((one, other) => other.length - one.length)[0] ?? [];
  } finally {
    blobs.close();
  }
}

/** A text of `count` lines: the files one after another, as often as needed. */
export function longText(sources: readonly SourceFile[], count: number): string {
  const lines: string[] = [];
  for (let index = 0; lines.length < count; index++) {
    lines.push(...(sources[index % sources.length]?.text ?? "").split("\n"));
  }
  return lines.slice(0, count).join("\n");
}
