// Orders the places of each value: nearest to the rest of its record first, then as they stand in the text.
import type { TextRange } from "../locate-leaves.js";

/** A line break weighs more than any distance along a line: rows of tables and forms are records of their own. */
const lineWeight = 10_000;
/** Records name themselves first, so that what follows the anchor more likely belongs to it than what precedes it. */
const backwardWeight = 2;

/**
 * @param text the places lie in.
 * @param places of each leaf, by its JSON pointer. A leaf with one place anchors every object and array around it; a leaf
 *   with several is drawn to the median anchor of the innermost one that has any.
 */
export function nearestFirst(text: string, places: ReadonlyMap<string, readonly TextRange[]>): Map<string, readonly TextRange[]> {
  const anchors = new Map<string, number[]>();
  for (const [pointer, ranges] of places) {
    if (ranges.length !== 1) continue;
    for (const container of containersOf(pointer)) {
      const known = anchors.get(container);
      if (known) known.push(ranges[0].start);
      else anchors.set(container, [ranges[0].start]);
    }
  }
  const distance = distanceIn(text);
  const medians = new Map([...anchors].map(([container, starts]) => [container, median(starts)]));
  const ordered = new Map<string, readonly TextRange[]>();
  for (const [pointer, ranges] of places) {
    const container = containersOf(pointer).find((candidate) => medians.has(candidate));
    const anchor = container === undefined ? undefined : medians.get(container)!;
    ordered.set(
      pointer,
      anchor === undefined || ranges.length < 2
        ? ranges
        : ranges.toSorted((a, b) => distance(anchor, a.start) - distance(anchor, b.start) || a.start - b.start),
    );
  }
  return ordered;
}

function distanceIn(text: string): (anchor: number, place: number) => number {
  const breaks = Uint32Array.from(text.matchAll(/\n/gu), ({ index }) => index);
  const lineOf = (offset: number) => {
    let [low, high] = [0, breaks.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (breaks[middle] < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return (anchor, place) => {
    const forward = lineWeight * (lineOf(place) - lineOf(anchor)) + place - anchor;
    return forward < 0 ? -forward * backwardWeight : forward;
  };
}

/** Pointers of what a leaf lies in, innermost first. */
function containersOf(pointer: string): string[] {
  const containers: string[] = [];
  for (let end = pointer.lastIndexOf("/"); end >= 0; end = end === 0 ? -1 : pointer.lastIndexOf("/", end - 1)) {
    containers.push(pointer.slice(0, end));
  }
  return containers;
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
