/** Reads the fields of a protocol buffers message in file order; the caller interprets them. */

export interface ProtoField {
  number: number;
  /** The value of a varint, read as a signed number; 0 for other fields. */
  integer: number;
  /** The bytes of a string, a message or a fixed-width number; empty for a varint. */
  bytes: Uint8Array;
}

/** The bytes are not a valid message; the text says where. */
export class ProtobufError extends Error {
  override name = "ProtobufError";
}

const NOTHING = new Uint8Array();
const MAX_VARINT_BYTES = 10;

/** @throws ProtobufError while the fields are read */
export function* protoFields(message: Uint8Array): Generator<ProtoField> {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      const byte = message[at + i];
      if (byte === undefined) break;
      value |= BigInt(byte & 0x7f) << BigInt(7 * i);
      if (byte < 0x80) {
        at += i + 1;
        return value;
      }
    }
    throw new ProtobufError(`has no whole number at byte ${at}`);
  };
  const take = (count: number): Uint8Array => {
    if (count > message.length - at) throw new ProtobufError(`ends within the ${count} bytes from byte ${at} on`);
    at += count;
    return message.subarray(at - count, at);
  };
  while (at < message.length) {
    const begin = at;
    const tag = varint();
    const number = Number(tag >> 3n);
    if (number < 1 || number >= 1 << 29) throw new ProtobufError(`has no field's number at byte ${begin}`);
    switch (Number(tag & 7n)) {
      case 0:
        yield { number, integer: Number(BigInt.asIntN(64, varint())), bytes: NOTHING };
        break;
      case 1:
        yield { number, integer: 0, bytes: take(8) };
        break;
      case 2:
        yield { number, integer: 0, bytes: take(Number(varint())) };
        break;
      case 5:
        yield { number, integer: 0, bytes: take(4) };
        break;
      default:
        throw new ProtobufError(`has a field of an unknown kind at byte ${begin}`);
    }
  }
}
