/**
 * Keeps the models in memory, each of them once, however many windows use it. Windows that want the same model share a
 * {@link ModelService}. When all of them want another model, the service loads that one while the old model keeps
 * answering. When they go on wanting different models, those that want another one get a service of their own.
 */
import { isDeepStrictEqual } from "node:util";
import { type Clock, realClock } from "../clock.ts";
import type { Load, Status } from "../protocol/status.ts";
import type { BackendChoice } from "./backend.ts";
import { type ModelDependencies, ModelService } from "./modelService.ts";
import { type ModelSettings, relevantSettings } from "./modelSettings.ts";

/** Milliseconds between two checks for models that nobody has used for a while. */
const REST_CHECK_MS = 30_000;
/**
 * Milliseconds for which the users of a service may want different models before they are separated. A changed setting
 * reaches all windows, but not at the same moment.
 */
const AGREEMENT_MS = 1_000;

export interface ModelUserOptions {
  onStatus(status: Status): void;
  /** Whether the user waits for an answer from the model. */
  isBusy(): boolean;
  /** Minutes without use after which the model may be unloaded; 0 means never. */
  unloadMinutes(): number;
}

/** A service and its users. */
interface Shared {
  service: ModelService;
  /** The last settings that the service was asked for. */
  settings: ModelSettings;
  users: Set<ModelUser>;
  /** The last status, for users that come later. */
  last: Status | undefined;
  /** Ends the wait after which users that want different models are separated. */
  separation: AbortController;
}

export class ModelPool {
  readonly #deps: Omit<ModelDependencies, "onStatus">;
  readonly #clock: Clock;
  readonly #all = new Set<Shared>();
  readonly #restCheck: NodeJS.Timeout;
  /** Resolves when no service is loading a model. Only one at a time may measure and take the free memory. */
  #loads: Promise<void> = Promise.resolve();

  constructor(deps: Omit<ModelDependencies, "onStatus">) {
    this.#deps = deps;
    this.#clock = deps.clock ?? realClock;
    this.#restCheck = setInterval(() => this.#unloadUnused(), REST_CHECK_MS);
    this.#restCheck.unref();
  }

  /** Adds a user, which has no model until it asks for one with {@link ModelUser.want}. */
  user(options: ModelUserOptions): ModelUser {
    const user: ModelUser = new ModelUser(options, {
      assign: () => this.#assign(user),
      follow: (shared) => this.#follow(shared),
      release: (shared) => this.#release(shared, user),
    });
    return user;
  }

  async close(): Promise<void> {
    clearInterval(this.#restCheck);
    await Promise.all([...this.#all].map((shared) => this.#close(shared)));
  }

  /** Gives a user the service that it wants. */
  #assign(user: ModelUser): void {
    const { wanted } = user;
    if (wanted === undefined) return;
    let shared = this.#find(wanted);
    if (shared === undefined) {
      shared = this.#create(wanted);
      shared.users.add(user);
      user.shared = shared;
      void shared.service.load(wanted);
      return;
    }
    shared.users.add(user);
    user.shared = shared;
    if (shared.last !== undefined) user.options.onStatus(shared.last);
  }

  #find(settings: ModelSettings): Shared | undefined {
    return [...this.#all].find((shared) => isDeepStrictEqual(shared.settings, settings));
  }

  #create(settings: ModelSettings): Shared {
    const onStatus = (status: Status) => {
      shared.last = status;
      for (const user of shared.users) user.options.onStatus(status);
    };
    const beside = () => [...this.#all].flatMap((other) => (other === shared ? [] : (other.service.inMemory ?? [])));
    const service = new ModelService({ ...this.#deps, onStatus, beside, turn: () => this.#turn() });
    const shared: Shared = { service, settings, users: new Set(), last: undefined, separation: new AbortController() };
    this.#all.add(shared);
    return shared;
  }

  /** Waits until no other model is being loaded. @returns a function that ends this load. See {@link LoaderDependencies}. */
  async #turn(): Promise<() => void> {
    const before = this.#loads;
    let end = () => {};
    this.#loads = new Promise((resolve) => {
      end = resolve;
    });
    await before;
    return end;
  }

  /** Follows the users of a service to the model that they want now. */
  #follow(shared: Shared): void {
    shared.separation.abort();
    const users = [...shared.users];
    const first = users[0]?.wanted;
    if (first === undefined || users.some(({ wanted }) => !isDeepStrictEqual(wanted, first))) {
      shared.separation = new AbortController();
      void this.#clock.wait(AGREEMENT_MS, shared.separation.signal).then((passed) => {
        if (passed) this.#separate(shared);
      });
    } else if (isDeepStrictEqual(first, shared.settings)) {
      return;
    } else if (this.#find(first) === undefined) {
      shared.settings = first;
      void shared.service.load(first);
    } else {
      this.#separate(shared);
    }
  }

  /** Gives each user that wants another model the service of that model. */
  #separate(shared: Shared): void {
    for (const user of [...shared.users]) {
      if (!isDeepStrictEqual(user.wanted, shared.settings)) {
        shared.users.delete(user);
        this.#assign(user);
      }
    }
    if (shared.users.size === 0) void this.#close(shared);
  }

  async #release(shared: Shared, user: ModelUser): Promise<void> {
    shared.users.delete(user);
    if (shared.users.size === 0) await this.#close(shared);
    else this.#follow(shared);
  }

  async #close(shared: Shared): Promise<void> {
    shared.separation.abort();
    this.#all.delete(shared);
    await shared.service.close();
  }

  #unloadUnused(): void {
    for (const { service, users } of this.#all) {
      const minutes = [...users].map(({ options }) => options.unloadMinutes());
      const isWanted = minutes.includes(0) || [...users].some(({ options }) => options.isBusy());
      if (!isWanted && minutes.length > 0) void service.unloadAfter(Math.max(...minutes) * 60_000);
    }
  }
}

const NOT_YET: BackendChoice = { kind: "none", reason: "The model is still being loaded." };

interface Pool {
  assign(): void;
  follow(shared: Shared): void;
  release(shared: Shared): Promise<void>;
}

/** One window's use of a model. */
export class ModelUser {
  readonly options: ModelUserOptions;
  /** Set only by the pool. */
  shared: Shared | undefined;
  readonly #pool: Pool;
  #wanted: ModelSettings | undefined;

  constructor(options: ModelUserOptions, pool: Pool) {
    this.options = options;
    this.#pool = pool;
  }

  get wanted(): ModelSettings | undefined {
    return this.#wanted;
  }

  /** Loads the model in the settings unless it is loaded already. */
  want(settings: ModelSettings): void {
    this.#wanted = relevantSettings(settings);
    if (this.shared === undefined) this.#pool.assign();
    else this.#pool.follow(this.shared);
  }

  /** The backend, or the reason why there is none. */
  readonly current = (): BackendChoice => this.shared?.service.current() ?? NOT_YET;

  /** The same, after an unloaded model has been loaded again, or a server that did not answer has been tried again. */
  readonly awaken = async (): Promise<BackendChoice> => (await this.shared?.service.awaken()) ?? NOT_YET;

  /** Resolves when the last wanted model is loaded, or has failed. */
  get settled(): Promise<void> {
    return this.shared?.service.settled ?? Promise.resolve();
  }

  /** The model's status, with the load that the window puts on it; undefined when there is no model. */
  status(load: Load): Status | undefined {
    return this.shared?.service.status(load);
  }

  /** Resolves when the model is closed, if nobody else uses it. */
  async release(): Promise<void> {
    const { shared } = this;
    this.shared = undefined;
    this.#wanted = undefined;
    if (shared !== undefined) await this.#pool.release(shared);
  }
}
