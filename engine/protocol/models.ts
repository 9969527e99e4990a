/** The models that can be downloaded, and those on the disk. */
import * as v from "valibot";
import { NotificationType, RequestType0 } from "vscode-jsonrpc";
import { request, text } from "./checked.ts";

/** Where models are downloaded from, unless the settings name a mirror. */
export const HUB = "https://huggingface.co";

const modelId = v.object({ id: text });

export type ModelState = "available" | "partial" | "downloading" | "installed";

/** A model of the catalog, or another one that is in the folder of models. */
export interface ModelRow {
  id: string;
  name: string;
  state: ModelState;
  /** Where it is; "" unless installed. */
  path: string;
  /** Bytes to download, or on the disk when installed. */
  bytes: number;
  /** Of a download that was interrupted. */
  partialBytes: number;
  /** What it is good for. */
  goodFor: string;
  /** Memory, and speed as measured here, in words. */
  needs: string;
  /** The speed alone, e.g. "15 to 30 tokens/s"; "" when it was not measured. */
  speed: string;
  /** Percent of HumanEval+'s problems that it solves, by published figures; null where none is known. */
  codeScore: number | null;
  /** It answers questions; others only complete code. */
  chats: boolean;
  /** The one to choose on this machine by somebody who does not want to compare. */
  recommended: boolean;
  /** Whether this machine can run it. */
  fits: boolean;
  licence: { name: string; url: string };
  source: string;
  /** Only the packed form is left. */
  packed: boolean;
  /** Why it cannot be used; "" when it can. */
  obstacle: string;
}

export interface ModelProgress {
  id: string;
  name: string;
  /** One line for people, e.g. "312 of 1,188 MB, 2 minutes left". */
  text: string;
  done: number;
  /** 0 until it is known. */
  total: number;
}

export const modelList = new RequestType0<ModelRow[], void>("model/list");

/** Gives the path of the model, which is downloaded and verified. Cancelling the request pauses the download. */
export const modelDownload = request<string>()("model/download", modelId);

export const modelProgress = new NotificationType<ModelProgress>("model/progress");

/** Deletes a model, or what there is of one. */
export const modelRemove = request<null>()("model/remove", modelId);

/** Keeps the packed form alone, and gives its path. */
export const modelCompact = request<string>()("model/compact", modelId);

/** Measures the machine; one line for people. */
export const machineBench = new RequestType0<string, void>("machine/bench");
