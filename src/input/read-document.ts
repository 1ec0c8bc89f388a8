// A record of any kind to a Document: loads the source, picks the reader, keeps the map back.
import { extname } from "node:path";
import { InputError } from "../error/input/input-error.js";
import type { RecordInput } from "../task-types.js";
import { detectLanguage } from "./detect-language.js";
import type { Document, DocumentFormat, Language } from "./document.js";
import { loadSource, type LoadedSource } from "./load-source.js";
import { MappedText } from "./mapped-text.js";
import { csvReader } from "./reader/csv-reader.js";
import { jsonReader } from "./reader/json-reader.js";
import { markdownReader } from "./reader/markdown-reader.js";
import type { Reader } from "./reader/reader.js";
import { textReader } from "./reader/text-reader.js";
import { xmlReader } from "./reader/xml-reader.js";

export interface ReadDocumentOptions {
  /** Read it as this format. Default: by the name's extension and the content. */
  format?: DocumentFormat;
  /** Default: detected. */
  language?: Language;
  /** What to call it; its extension is a hint of the format. Default: its path. */
  name?: string;
  /** Bound on the characters of the source and of the text made from it. Default 20 million. */
  maxChars?: number;
}

const DEFAULT_MAX_CHARS = 20_000_000;
const LANGUAGE_SAMPLE_CHARS = 100_000;
/** Strictest first; the last takes anything. */
const READERS: readonly Reader[] = [jsonReader, xmlReader, markdownReader, csvReader, textReader];

/** File name endings that promise a format, without the dot. Plain text may have any. */
export const formatExtensions: readonly string[] = READERS.flatMap((reader) => reader.extensions);

/**
 * Reads a record: a string is content, bytes are decoded, a file URL or `{ path }` is a file, any other object is data.
 * Without a `format`, JSON and XML that parse are read as such whatever the name says; else the extension decides, else the look of the content.
 * @throws InputError where it is broken, binary or cannot be opened; EmptyInputError; InputTooLargeError.
 */
export async function readDocument(input: RecordInput<unknown>, options: ReadDocumentOptions = {}): Promise<Document> {
  const maxChars = options.maxChars ?? DEFAULT_MAX_CHARS;
  const loaded = await loadSource(input, maxChars);
  const name = options.name ?? loaded.name;
  const reader = pickReader(loaded, name, options.format);
  const { source } = loaded;
  const mapped = new MappedText(source, maxChars);
  const data = reader.read(source, mapped);
  const text = mapped.toString();
  return {
    format: reader.format,
    language: options.language ?? languageOf(mapped, text),
    ...(name === undefined ? {} : { name }),
    text,
    copyText: mapped.copyText(),
    source,
    ...(data === undefined ? {} : { data }),
    locate: (start, end) => mapped.locate(start, end),
  };
}

function pickReader({ source, origin }: LoadedSource, name: string | undefined, format: DocumentFormat | undefined): Reader {
  if (origin === "data") {
    if (format === undefined || format === "json") return jsonReader;
    throw new InputError(`Data given as an object is read as JSON, not as ${format}`, { hint: "Leave format out." });
  }
  const asked = READERS.find((reader) => reader.format === format);
  if (asked) return asked;
  if (format !== undefined) {
    throw new InputError(`There is no format ${String(format)}`, { hint: `Use one of ${READERS.map((reader) => reader.format).join(", ")}.` });
  }
  const extension = extname(name ?? "").slice(1).toLowerCase();
  const named = READERS.find((reader) => reader.extensions.includes(extension));
  // What parses as JSON or XML is that, whatever it is called; the other formats prove nothing by their look.
  const candidates = named ? [jsonReader, xmlReader].filter((reader) => reader !== named) : READERS;
  return candidates.find((reader) => reader.detects(source)) ?? named ?? textReader;
}

/** By the values alone where they have letters: labels are often English around Chinese content. */
function languageOf(mapped: MappedText, text: string): Language {
  const values = mapped.valuesText(LANGUAGE_SAMPLE_CHARS);
  return detectLanguage(/\p{L}/u.test(values) ? values : text);
}
