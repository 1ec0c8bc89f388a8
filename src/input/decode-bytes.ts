// Bytes to text: byte-order marks, UTF-8, UTF-16, the encoding an XML declaration names, and a guess for the
// legacy encodings of China, Taiwan, Japan, Korea and the West. Binary content is refused by name.
import { analyse } from "chardet";
import iconv from "iconv-lite";
import { InputError } from "../error/input/input-error.js";
import { binarySignature } from "./binary-signature.js";

const SAMPLE_BYTES = 65_536;
/** chardet's confidence is 10 for every encoding it cannot rule out in a short text. */
const MIN_CONFIDENCE = 20;
const MIN_SOUND_PER_DAMAGED = 5;
const MAX_CONTROL_SHARE = 0.02;

/**
 * The text of `bytes`, without its byte-order mark.
 * @throws InputError for binary content, and for text in no encoding that fits.
 */
export function decodeBytes(bytes: Uint8Array): string {
  const signature = binarySignature(bytes);
  if (signature) throw binary(`looks like ${signature}`);
  const text = decodeUnicode(bytes) ?? decodeLegacy(bytes);
  const head = text.slice(0, SAMPLE_BYTES);
  const controls = head.match(/[^\P{Cc}\t\n\v\f\r\u007f\u0085]/gu)?.length ?? 0;
  if (text.includes("\0") || controls > head.length * MAX_CONTROL_SHARE) throw binary("looks like binary data");
  return text;
}

function binary(looks: string): InputError {
  return new InputError(`The input is no text: it ${looks}`, {
    hint: "Text, JSON, XML, CSV and Markdown are read; convert it first.",
  });
}

function decodeUnicode(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return decodeUtf16(bytes.subarray(2), "utf-16le");
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return decodeUtf16(bytes.subarray(2), "utf-16be");
  const zeros = countZeros(bytes);
  // In UTF-16 the high byte of Latin letters, digits and line breaks is zero, and few low bytes are.
  if (zeros.odd > 4 * zeros.even) return decodeUtf16(bytes, "utf-16le");
  if (zeros.even > 4 * zeros.odd) return decodeUtf16(bytes, "utf-16be");
  if (zeros.even > 0) throw binary("looks like binary data");
  return tryDecode(bytes, "utf-8");
}

function countZeros(bytes: Uint8Array): { even: number; odd: number } {
  const counts = { even: 0, odd: 0 };
  const sample = bytes.subarray(0, SAMPLE_BYTES);
  for (let index = sample.indexOf(0); index >= 0; index = sample.indexOf(0, index + 1)) {
    if (index % 2 === 0) counts.even++;
    else counts.odd++;
  }
  return counts;
}

function decodeUtf16(bytes: Uint8Array, encoding: "utf-16le" | "utf-16be"): string {
  const text = tryDecode(bytes, encoding);
  if (text === undefined) throw binary("looks like binary data, or damaged UTF-16");
  return text;
}

/** Drops a leading byte-order mark. Undefined where the bytes are not of the encoding. */
function tryDecode(bytes: Uint8Array, encoding: string): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function decodeLegacy(bytes: Uint8Array): string {
  const head = Buffer.from(bytes.subarray(0, 200)).toString("latin1");
  const declared = /^<\?xml[^>]*\sencoding\s*=\s*["']([\w.:-]+)["']/.exec(head)?.[1];
  if (declared && !/^utf-?8$/i.test(declared) && iconv.encodingExists(declared)) return iconv.decode(bytes, declared);
  const text = new TextDecoder().decode(bytes);
  const damaged = text.split("\ufffd").length - 1;
  const sound = text.match(/[^\p{ASCII}\ufffd]/gu)?.length ?? 0;
  // Hardly any text of another encoding holds a well-formed UTF-8 sequence by chance.
  if (damaged * MIN_SOUND_PER_DAMAGED <= sound) {
    throw new InputError("The input is UTF-8 with damaged characters", {
      rawText: text, offset: text.indexOf("\ufffd"), hint: "Save it again as UTF-8.",
    });
  }
  return iconv.decode(bytes, guessEncoding(bytes));
}

function guessEncoding(bytes: Uint8Array): string {
  const sample = bytes.subarray(0, SAMPLE_BYTES);
  const [best] = analyse(sample);
  if (best && best.confidence >= MIN_CONFIDENCE) {
    // Every text of ISO-8859-1 is one of windows-1252, which is what is meant.
    return /^(?:ISO-8859-1|UTF-8|ASCII)$/.test(best.name) || !iconv.encodingExists(best.name) ? "windows-1252" : best.name;
  }
  const highBytes = sample.reduce((count, byte) => count + (byte >= 0x80 ? 1 : 0), 0);
  if (highBytes * 5 < sample.length) return "windows-1252";
  const latin1 = Buffer.from(sample).toString("latin1");
  if (/^(?:[\0-\x7f]|[\xa1-\xf7][\xa1-\xfe])*$/.test(latin1)) return "gb18030";
  return /^(?:[\0-\x7f]|[\xa1-\xf9][\x40-\x7e\xa1-\xfe])*$/.test(latin1) ? "big5" : "windows-1252";
}
