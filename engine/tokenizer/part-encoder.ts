// Ids of a rendered prompt: the written form of a mark becomes its token in the template's text, never in a message's.
import type { RenderedPart } from "./chat-template.js";

/** The text between two marks is encoded as one, whatever it came from, so that ids are those of an ordinary tokenizer. */
export function createPartEncoder(
  marks: ReadonlyMap<string, number>,
  encode: (text: string) => number[],
): (parts: readonly RenderedPart[]) => number[] {
  const split = createMarkSplitter(marks);
  return (parts) => {
    const ids: number[] = [];
    let plain = "";
    const flush = (): void => {
      for (const id of encode(plain)) ids.push(id);
      plain = "";
    };
    for (const { origin, text } of parts) {
      for (const piece of origin === "message" ? [text] : split(text)) {
        const mark = origin === "template" ? marks.get(piece) : undefined;
        if (mark === undefined) {
          plain += piece;
        } else {
          flush();
          ids.push(mark);
        }
      }
    }
    flush();
    return ids;
  };
}

/** Cuts a text before and after each mark, the longest mark first. */
function createMarkSplitter(marks: ReadonlyMap<string, number>): (text: string) => string[] {
  if (marks.size === 0) return (text) => [text];
  const longestFirst = [...marks.keys()].toSorted((a, b) => b.length - a.length);
  const escaped = longestFirst.map((form) => form.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&"));
  const pattern = new RegExp(`(${escaped.join("|")})`, "u");
  // A capturing pattern keeps what it splits by.
  return (text) => text.split(pattern);
}
