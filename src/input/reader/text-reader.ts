// Plain text is read as it stands.
import type { Reader } from "./reader.js";

export const textReader: Reader = {
  format: "text",
  extensions: [],
  detects: () => true,
  read(source, out) {
    out.verbatim(0, source.length);
  },
};
