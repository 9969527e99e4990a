/** Makes a tar.gz of one file. Its bytes depend only on the file's name and content: it has no time and no owner. */
import { gzipSync } from "node:zlib";

const BLOCK = 512;

/** @param {string} name At most 100 bytes, with forward slashes. @param {Buffer} content @returns {Buffer} */
export function tarGz(name, content) {
  const padding = Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK);
  // Two empty blocks end an archive.
  const archive = gzipSync(Buffer.concat([header(name, content.length), content, padding, Buffer.alloc(2 * BLOCK)]), {
    level: 9,
  });
  // The tenth byte names the operating system; 255 means unknown.
  archive[9] = 255;
  return archive;
}

/** POSIX ustar. @param {string} name @param {number} size */
function header(name, size) {
  if (Buffer.byteLength(name) > 100) throw new RangeError(`"${name}" is too long for a tar header`);
  const block = Buffer.alloc(BLOCK);
  const octal = (/** @type {number} */ value, /** @type {number} */ digits) => value.toString(8).padStart(digits, "0");
  block.write(name, 0);
  block.write(`${octal(0o755, 7)}\0${octal(0, 7)}\0${octal(0, 7)}\0${octal(size, 11)}\0${octal(0, 11)}\0`, 100);
  // The checksum counts its own field as spaces.
  block.write(" ".repeat(8), 148);
  block.write("0", 156);
  block.write("ustar\x0000", 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)}\0 `, 148);
  return block;
}
