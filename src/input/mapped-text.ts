// Builds the text a model reads out of labels and of values that have a place in the source, and finds
// the way back. Every reader writes into one of these; `read-document.ts` turns it into a Document.
import { InputTooLargeError } from "../error/input/input-too-large-error.js";
import type { Span } from "./document.js";

/** What a span says beside its offsets. One object per value: sameness is by identity. */
export type Place = Pick<Span, "pointer" | "xpath" | "cell">;

/** A stretch of text and of the source it stands for. Equal lengths mean character for character. */
interface Segment {
  textStart: number;
  textEnd: number;
  sourceStart: number;
  sourceEnd: number;
  place: Place | undefined;
}

export class MappedText {
  readonly #source: string;
  readonly #maxChars: number;
  readonly #parts: string[] = [];
  readonly #segments: Segment[] = [];
  #length = 0;

  /** @throws InputTooLargeError, from `label` and `value`, once the text is longer than `maxChars`. */
  constructor(source: string, maxChars: number) {
    this.#source = source;
    this.#maxChars = maxChars;
  }

  /** Text that has no place in the source. */
  label(text: string): void {
    this.#append(text);
  }

  /** Text that stands for `source.slice(start, end)`. */
  value(text: string, start: number, end: number, place?: Place): void {
    if (text === "") return;
    const textStart = this.#length;
    this.#append(text);
    const last = this.#segments.at(-1);
    const exact = text.length === end - start;
    if (last && exact && last.textEnd === textStart && last.sourceEnd === start && last.place === place
      && last.textEnd - last.textStart === last.sourceEnd - last.sourceStart) {
      last.textEnd = this.#length;
      last.sourceEnd = end;
      return;
    }
    this.#segments.push({ textStart, textEnd: this.#length, sourceStart: start, sourceEnd: end, place });
  }

  /** The source itself, with CRLF and CR written as LF. */
  verbatim(start: number, end: number, place?: Place): void {
    const stretch = this.#source.slice(start, end);
    let at = 0;
    for (const { 0: carriage, index } of stretch.matchAll(/\r\n?/g)) {
      this.value(stretch.slice(at, index), start + at, start + index, place);
      at = index + carriage.length;
      this.value("\n", start + index, start + at, place);
    }
    this.value(stretch.slice(at), start + at, end, place);
  }

  toString(): string {
    return this.#parts.join("");
  }

  /** The text with U+0000 wherever it has no place in the source. */
  copyText(): string {
    const text = this.toString();
    const parts: string[] = [];
    let end = 0;
    for (const segment of this.#segments) {
      parts.push("\0".repeat(segment.textStart - end), text.slice(segment.textStart, segment.textEnd));
      end = segment.textEnd;
    }
    return parts.join("") + "\0".repeat(text.length - end);
  }

  /** Only what came from the source, one value a line, up to `maxChars` characters. */
  valuesText(maxChars: number): string {
    const text = this.toString();
    const values: string[] = [];
    let length = 0;
    for (const segment of this.#segments) {
      if (length >= maxChars) break;
      values.push(text.slice(segment.textStart, Math.min(segment.textEnd, segment.textStart + maxChars - length)));
      length += segment.textEnd - segment.textStart;
    }
    return values.join("\n");
  }

  /** See `Document.locate`. */
  locate(start: number, end: number): Span | undefined {
    const first = this.#segments[lowerBound(this.#segments, (segment) => segment.textEnd > start)];
    const last = this.#segments[lowerBound(this.#segments, (segment) => segment.textStart >= end) - 1];
    if (!(start < end) || !first || !last || first.textStart > last.textStart) return undefined;
    const startsInLabel = start < first.textStart;
    const endsInLabel = end > last.textEnd;
    if (startsInLabel && endsInLabel) return undefined;
    const from = startsInLabel || !isExact(first) ? first.sourceStart : first.sourceStart + (start - first.textStart);
    const to = endsInLabel || !isExact(last) ? last.sourceEnd : last.sourceEnd - (last.textEnd - end);
    if (first.sourceStart <= last.sourceStart) return this.#span(from, to, first, last);
    // A reader may write an attribute after the text that follows it in the source.
    return this.#span(last.sourceStart, first.sourceEnd, first, last);
  }

  #span(start: number, end: number, first: Segment, last: Segment): Span {
    const span = { start, end, text: this.#source.slice(start, end) };
    return first.place === last.place ? { ...span, ...first.place } : span;
  }

  #append(text: string): void {
    this.#length += text.length;
    if (this.#length > this.#maxChars) {
      throw new InputTooLargeError("The input written out for a model is too long", this.#maxChars);
    }
    this.#parts.push(text);
  }
}

function isExact(segment: Segment): boolean {
  return segment.textEnd - segment.textStart === segment.sourceEnd - segment.sourceStart;
}

/** Index of the first segment that passes, or the count; passing must be monotonic. */
function lowerBound(segments: Segment[], passes: (segment: Segment) => boolean): number {
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (passes(segments[middle])) high = middle;
    else low = middle + 1;
  }
  return low;
}
