/** Reads what a Mach-O file for macOS states about itself. See <mach-o/loader.h> in Apple's open source. */

const MAGIC_64 = 0xfeedfacf;
const CPU_TYPES: Readonly<Record<number, string>> = { 16777223: "x64", 16777228: "arm64" };
const LC_LOAD_DYLIB = 0xc;
const LC_LOAD_WEAK_DYLIB = 0x80000018;
const LC_REEXPORT_DYLIB = 0x8000001f;
const LC_CODE_SIGNATURE = 0x1d;
const LC_BUILD_VERSION = 0x32;
const LC_RPATH = 0x8000001c;
const PLATFORM_MACOS = 1;

export interface MachO {
  arch: string;
  /** Libraries that are loaded with it. */
  libraries: string[];
  rpaths: string[];
  /** The oldest macOS that it supports, such as "11.0". */
  minimum: string;
  /** The bytes of the signature; undefined when there is none. */
  signature: Buffer | undefined;
}

/** @throws Error when it is another kind of file, for another system, or broken. */
export function readMachO(file: Buffer): MachO {
  if (file.readUInt32LE(0) !== MAGIC_64) throw new Error("not a Mach-O file of 64 bits");
  const found: MachO = {
    arch: CPU_TYPES[file.readUInt32LE(4)] ?? "unknown",
    libraries: [],
    rpaths: [],
    minimum: "",
    signature: undefined,
  };
  let at = 32;
  for (let left = file.readUInt32LE(16); left > 0; left--) {
    const command = file.readUInt32LE(at);
    const size = file.readUInt32LE(at + 4);
    // A string's offset counts from the beginning of the command.
    const string = () => file.toString("utf8", at + file.readUInt32LE(at + 8), at + size).replace(/\0.*$/s, "");
    if ([LC_LOAD_DYLIB, LC_LOAD_WEAK_DYLIB, LC_REEXPORT_DYLIB].includes(command)) found.libraries.push(string());
    else if (command === LC_RPATH) found.rpaths.push(string());
    else if (command === LC_BUILD_VERSION) {
      if (file.readUInt32LE(at + 8) !== PLATFORM_MACOS) throw new Error("not for macOS");
      const version = file.readUInt32LE(at + 12);
      found.minimum = `${version >> 16}.${(version >> 8) & 0xff}`;
    } else if (command === LC_CODE_SIGNATURE) {
      const start = file.readUInt32LE(at + 8);
      found.signature = file.subarray(start, start + file.readUInt32LE(at + 12));
    }
    at += size;
  }
  return found;
}

/**
 * Magic numbers of a signature's super blob and code directory, and the flag of a signature made without a certificate.
 */
const SUPER_BLOB = 0xfade0cc0;
const CODE_DIRECTORY = 0xfade0c02;
const CS_ADHOC = 0x2;

/** Whether a signature is an ad-hoc one, which macOS on ARM requires for all code. */
export function isAdHoc(signature: Buffer): boolean {
  if (signature.readUInt32BE(0) !== SUPER_BLOB) return false;
  const blobs = Array.from({ length: signature.readUInt32BE(8) }, (_, index) => signature.readUInt32BE(16 + 8 * index));
  const directory = blobs.find((offset) => signature.readUInt32BE(offset) === CODE_DIRECTORY);
  return directory !== undefined && (signature.readUInt32BE(directory + 12) & CS_ADHOC) !== 0;
}
