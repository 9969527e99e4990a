/** Why the native addon cannot be loaded, and what to do about it, in one line for people. */

/** What is known about the system. */
export interface AddonPlace {
  path: string;
  exists: boolean;
  /** The message of the system's loader, on one line. */
  reason: string;
  platform: string;
  arch: string;
  /** Whether the C library of this process is glibc. */
  hasGlibc: boolean;
  /** Whether the package is a clone of the repository, which can be built. */
  isClone: boolean;
}

export function addonAdvice(place: AddonPlace): string {
  const { path, exists, reason, platform, arch, hasGlibc, isClone } = place;
  if (platform === "linux" && !hasGlibc && !path.includes("/alpine-")) {
    return isClone
      ? 'The native engine is not built for this system, which has musl as its C library: run "npm run build:native".'
      : `This package of Sterna is for systems with glibc, and this one has another C library: install the package alpine-${arch}.`;
  }
  const version = /GLIBC(?:XX)?_([\d.]+)' not found/.exec(reason)?.[1];
  if (version !== undefined) {
    return `Sterna's native engine needs a newer C or C++ library (${version}) than this system has: use a newer system, such as Debian 11, Ubuntu 20.04 or RHEL 8.`;
  }
  if (!exists) {
    return isClone
      ? `The native engine is not built yet (${path}): run "npm run build:native".`
      : `This package of Sterna has no native engine for ${platform}-${arch}: install the one for your system from the marketplace.`;
  }
  if (/wrong ELF class|invalid ELF header|not a valid Win32|cannot open shared object file|exec format/i.test(reason)) {
    return `The native engine at ${path} is not for ${platform}-${arch} (${reason}): install the package for your system.`;
  }
  if (/permission|not permitted|noexec|failed to map/i.test(reason)) {
    return `The system does not let the native engine at ${path} be loaded (${reason}): allow it, or install Sterna in another folder.`;
  }
  const advice = isClone ? 'run "npm run build:native"' : "reinstall Sterna";
  return `The native engine could not be loaded from ${path}: ${reason}. To make it anew, ${advice}.`;
}

/** Whether this process runs on glibc. */
export function hasGlibc(): boolean {
  const { header } = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return header?.glibcVersionRuntime !== undefined;
}
