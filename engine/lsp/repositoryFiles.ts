/**
 * The files of the workspace that the engine may read for its index. Files that may not be read, links, and files outside
 * the workspace's folders are none of them.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { EngineClient } from "../client/client.ts";
import { FileListing } from "../client/fileListing.ts";
import type { Config } from "../client/userConfig.ts";
import { globsOf } from "../workspace/exclude.ts";
import { FOREIGN_FOLDERS, walkFiles } from "../workspace/fileWalk.ts";
import type { DiskAccess } from "./diskAccess.ts";
import type { Folders } from "./folders.ts";

/** If there are more files, those nearest to the top are named. */
const MAX_FILES = 50_000;

export interface RepositoryFilesDependencies {
  engine: Pick<EngineClient, "notify">;
  access: Pick<DiskAccess, "check" | "checkListed">;
  folders: Pick<Folders, "paths" | "find">;
  config(): Pick<Config, "indexesRepository" | "readsPackages" | "exclude">;
}

export function repositoryFiles({ engine, access, folders, config }: RepositoryFilesDependencies): FileListing {
  const isInFolder = (uri: string) => {
    const path = folders.find(uri)?.path;
    return path !== undefined && !path.split("/").some((part) => FOREIGN_FOLDERS.has(part));
  };
  return new FileListing({
    engine,
    isOn: () => config().indexesRepository,
    folders: () => folders.paths,
    packages: () => (config().readsPackages ? { exclude: globsOf(config().exclude) } : undefined),
    walk: (folder, isOver) => walkFolder(folder, access, isOver),
    mayRead: (uri) => isInFolder(uri) && access.check(uri) === undefined,
  });
}

/** The addresses of the files in a folder that may be read. */
async function walkFolder(folder: string, access: Pick<DiskAccess, "checkListed">, isOver: () => boolean) {
  const addressOf = (path: string) => pathToFileURL(join(folder, path)).href;
  const paths = await walkFiles(
    {
      read: async (path) =>
        (await readdir(join(folder, path), { withFileTypes: true }))
          // A link may lead out of the workspace.
          .filter((entry) => entry.isFile() || entry.isDirectory())
          .map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() })),
      // A file inside an ignored folder is ignored, so the question is asked for the folder's content.
      isLeftOut: async (path, isFolder) => {
        const refusal = access.checkListed(addressOf(isFolder ? `${path}/x` : path));
        return isFolder ? refusal === "ignored" : refusal !== undefined;
      },
      isOver,
    },
    MAX_FILES,
  );
  return paths.map(addressOf);
}
