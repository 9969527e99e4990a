/** The models that can be downloaded, and those on the disk. */
import * as v from "valibot";
import { NotificationType, RequestType0 } from "vscode-jsonrpc";
import { request, text } from "./checked.ts";

/** Where models are downloaded from, unless the settings name a mirror. */
export const HUB = "https://huggingface.co";

const modelId = v.object({ id: text });

export type ModelState = "available" | "partial" | "downloading" | "installed";

/** A model of the catalogue, or another one in the folder of models. */
export interface ModelRow {
  id: string;
  name: string;
  state: ModelState;
  /** The model's path; "" unless installed. */
  path: string;
  /** Bytes to download; for an installed model, bytes on the disk. */
  bytes: number;
  /** Bytes that an interrupted download has received. */
  partialBytes: number;
  /** What it is good for. */
  goodFor: string;
  /** Its memory, and its speed as measured on this machine, in words. */
  needs: string;
  /** Only the speed, for example "15 to 30 tokens/s"; "" when it was not measured. */
  speed: string;
  /** Percent of HumanEval+'s problems that it solves, by published figures; null when none are known. */
  codeScore: number | null;
  /** Whether it answers questions; other models only complete code. */
  chats: boolean;
  /** Whether it is the best choice on this machine for somebody who does not want to compare. */
  recommended: boolean;
  /** Whether this machine can run it. */
  fits: boolean;
  licence: { name: string; url: string };
  source: string;
  /** Whether only the packed form is left. */
  packed: boolean;
  /** Why it cannot be used; "" when it can be. */
  obstacle: string;
}

export interface ModelProgress {
  id: string;
  name: string;
  /** One line for people, for example "312 of 1,188 MB, 2 minutes left". */
  text: string;
  done: number;
  /** 0 while it is unknown. */
  total: number;
}

export const modelList = new RequestType0<ModelRow[], void>("model/list");

/** Returns the path of the model after downloading and verifying it. Cancelling the request pauses the download. */
export const modelDownload = request<string>()("model/download", modelId);

export const modelProgress = new NotificationType<ModelProgress>("model/progress");

/** Deletes a model, or the part that was downloaded. */
export const modelRemove = request<null>()("model/remove", modelId);

/** Keeps only the packed form, and returns its path. */
export const modelCompact = request<string>()("model/compact", modelId);

/** Measures the machine and returns one line for people. */
export const machineBench = new RequestType0<string, void>("machine/bench");
