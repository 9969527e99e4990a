/**
 * What the engine gets of the editor's environment. Tokens and keys that programs are given in this way are often among
 * the rest, and are none of its business.
 */

/** What changes what the engine does: the way out through proxies, certificates, and its own. */
const MEANINGFUL = /^((https?|all|no)_proxy|sterna_.*|node_(?!options$).*|ssl_cert_.*)$/i;

/**
 * What programs cannot run without, or not on every system: folders of the user and for temporary files, the language,
 * Windows' own places, and how the system's loader finds libraries.
 */
const NEEDED =
  /^(home|user(profile|name)?|(local)?appdata|programdata|tmp|temp|tmpdir|xdg_runtime_dir|lang|lc_.*|tz|path|system(root|drive)|windir|comspec|dyld_.*|(nix_)?ld_.*|[a-z]+san_options)$/i;

/** The environment of an engine that an editor with environment `env` starts. */
export function engineEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => MEANINGFUL.test(name) || NEEDED.test(name));
  return { ...Object.fromEntries(kept), ELECTRON_RUN_AS_NODE: "1" };
}

/** What has to be equal for one engine to serve the windows of two environments, in a fixed order. */
export function meaningfulEnvironment(env: NodeJS.ProcessEnv): [string, string | undefined][] {
  return Object.entries(env)
    .filter(([name]) => MEANINGFUL.test(name))
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
