// Names what bytes look like when they are no text, so that an error can say it. `decode-bytes.ts` asks.

interface Signature { name: string; bytes: string; offset?: number }

/** First bytes, as Latin-1, from the formats' own specifications. */
const SIGNATURES: readonly Signature[] = [
  { name: "a PDF document", bytes: "%PDF-" },
  { name: "a Word, Excel or PowerPoint document of the old binary kind", bytes: "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" },
  { name: "an RTF document", bytes: "{\\rtf" },
  { name: "a gzip archive", bytes: "\x1f\x8b" },
  { name: "a 7z archive", bytes: "7z\xbc\xaf\x27\x1c" },
  { name: "a RAR archive", bytes: "Rar!\x1a\x07" },
  { name: "a Zstandard archive", bytes: "\x28\xb5\x2f\xfd" },
  { name: "a PNG image", bytes: "\x89PNG\r\n\x1a\n" },
  { name: "a JPEG image", bytes: "\xff\xd8\xff" },
  { name: "a GIF image", bytes: "GIF8" },
  { name: "a TIFF image", bytes: "II*\0" },
  { name: "a TIFF image", bytes: "MM\0*" },
  { name: "a WebP image", bytes: "WEBP", offset: 8 },
  { name: "a model file (GGUF)", bytes: "GGUF" },
  { name: "a Parquet table", bytes: "PAR1" },
  { name: "a SQLite database", bytes: "SQLite format 3\0" },
  { name: "a program (ELF)", bytes: "\x7fELF" },
  { name: "a program (Windows)", bytes: "MZ\x90\0" },
];

/** Folders that tell the Office formats apart inside their zip. */
const ZIP_CONTENTS: readonly [folder: string, name: string][] = [
  ["word/", "a Word document (DOCX)"],
  ["xl/", "an Excel workbook (XLSX)"],
  ["ppt/", "a PowerPoint presentation (PPTX)"],
];

/** What the bytes look like, such as "a PDF document"; undefined where no signature is known. */
export function binarySignature(bytes: Uint8Array): string | undefined {
  const latin1 = (from: number, to: number): string => Buffer.from(bytes.subarray(Math.max(from, 0), to)).toString("latin1");
  const head = latin1(0, 64);
  if (head.startsWith("PK\x03\x04")) {
    // Names of the entries stand beside their data and again at the end.
    const names = latin1(0, 8192) + latin1(bytes.length - 65_536, bytes.length);
    return ZIP_CONTENTS.find(([folder]) => names.includes(folder))?.[1] ?? "a zip archive";
  }
  return SIGNATURES.find(({ bytes: mark, offset = 0 }) => head.startsWith(mark, offset))?.name;
}
