// Grounding through the real readers: evidence must point into the source as it was given, whatever its format.
import { describe, expect, it } from "vitest";
import type { DocumentFormat } from "../../../src/input/document.js";
import { readDocument } from "../../../src/input/read-document.js";
import type { Field } from "../../../src/result/extraction.js";
import { ground } from "../../../src/result/ground.js";

const sources: Record<DocumentFormat, string> = {
  text: "Invoice 4711 of Müller & Söhne\nissued 5 May 2024, due (1,200.00)",
  json: String.raw`{"id": "4711", "seller": "M\u00fcller & S\u00f6hne", "issued": "5 May 2024", "due": -1200}`,
  xml: `<?xml version="1.0"?><invoice id="4711"><seller>Müller &amp; Söhne</seller><issued>5 May 2024</issued><due>-1200</due></invoice>`,
  csv: `id,seller,issued,due\n4711,"Müller & Söhne",5 May 2024,-1200\n`,
  markdown: `| id | seller | issued | due |\n|---|---|---|---|\n| 4711 | Müller & Söhne | 5 May 2024 | (1,200) |\n`,
};
const data = { id: "4711", seller: "Müller & Söhne", issued: "2024-05-05", due: -1200, missing: "Globex" };

describe("ground over readers", () => {
  it.each(Object.entries(sources))("%s", async (format, source) => {
    const document = await readDocument(source, { format: format as DocumentFormat });
    const fields = ground(data, document, {}, { confidences: new Map(), copies: new Map() }).fields as unknown as Record<keyof typeof data, Field>;
    const evidence = Object.fromEntries(Object.entries(fields).map(([key, { spans }]) => [key, spans[0] && source.slice(spans[0].start, spans[0].end)]));

    expect(fields.id).toMatchObject({ status: "verbatim" });
    expect(evidence.id).toBe("4711");
    // The source of these two writes the name with escapes, so that it is no substring.
    expect(fields.seller.status).toBe(format === "json" || format === "xml" ? "derived" : "verbatim");
    expect(evidence.seller).toMatch(/^M.+ller .+ S.+hne$/u);
    expect(fields.issued.status).toBe("derived");
    expect(evidence.issued).toBe("5 May 2024");
    expect(fields.due.status).toBe(source.includes("-1200") ? "verbatim" : "derived");
    expect(evidence.due).toMatch(/^(?:-1200|\(1,200(?:\.00)?\))$/u);
    expect(fields.missing).toMatchObject({ status: "ungrounded", spans: [] });
  });
});
