// Matrices of very many rows, a vocabulary's head, in parts: a kernel makes a copy of a weight for itself before the
// first one can go, and of the head at once that would be the peak of memory of every session that is opened.
import type { LinearForm, ProductForm, StoredTensor } from "./weight-map.js";

/** Of a part, at most. */
const MAX_ROWS = 32_768;
/** Kernels work on tiles of rows: a part is a multiple of them. */
const TILE_ROWS = 64;

/** Parts of the form, whose tensors take the place of the whole ones; forms of fewer rows, biased or plain, stay as they are. */
export function splitRows(form: ProductForm, tensors: Record<string, StoredTensor>): LinearForm {
  if (form.kind === "plain" || form.bias || form.rows <= MAX_ROWS) return form;
  const partRows = Math.ceil(form.rows / Math.ceil(form.rows / MAX_ROWS) / TILE_ROWS) * TILE_ROWS;
  const whole = new Set<string>();
  const part = (name: string, start: number, rows: number): string => {
    const { type, shape, offset, sizeBytes } = tensors[name];
    const rowBytes = sizeBytes / shape[0];
    const partName = `${name}.${start}`;
    tensors[partName] = { type, shape: [rows, ...shape.slice(1)], offset: offset + start * rowBytes, sizeBytes: rows * rowBytes };
    whole.add(name);
    return partName;
  };
  const parts: ProductForm[] = [];
  for (let start = 0; start < form.rows; start += partRows) {
    const rows = Math.min(partRows, form.rows - start);
    const { zeroPoints } = form;
    parts.push({
      ...form, rows,
      quants: part(form.quants, start, rows),
      scales: part(form.scales, start, rows),
      ...(zeroPoints && { zeroPoints: part(zeroPoints, start, rows) }),
    });
  }
  for (const name of whole) delete tensors[name];
  return { kind: "parts", parts };
}
