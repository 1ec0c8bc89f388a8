// The token tree against a plain list of parents: paths, forks, matches, truncation, closed gaps.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ROOT, TokenTree } from "../../../engine/cache/token-tree.js";

/** Each entry appends a token below one of the rows so far (modulo their number; the root is one of them). */
const growth = fc.array(fc.record({ parent: fc.nat(60), token: fc.nat(3) }), { maxLength: 60 });

interface Plain {
  parent: number;
  token: number;
}

function grow(steps: readonly Plain[]): { tree: TokenTree; plain: Plain[] } {
  const tree = new TokenTree();
  const plain: Plain[] = [];
  for (const { parent, token } of steps) {
    const row = (parent % (plain.length + 1)) - 1;
    expect(tree.append(row, token)).toBe(plain.length);
    plain.push({ parent: row, token });
  }
  return { tree, plain };
}

function path(plain: readonly Plain[], row: number): number[] {
  return row === ROOT ? [] : [...path(plain, plain[row].parent), row];
}

function expectSame(tree: TokenTree, plain: readonly Plain[]): void {
  expect(tree.length).toBe(plain.length);
  for (let row = ROOT; row < plain.length; row++) {
    const rows = path(plain, row);
    expect(tree.depth(row)).toBe(rows.length - 1);
    expect(tree.visible(row).flatMap(({ start, end }) => Array.from({ length: end - start }, (_, i) => start + i))).toEqual(rows);
    for (let depth = ROOT; depth < rows.length; depth++) expect(tree.ancestor(row, depth)).toBe(depth === ROOT ? ROOT : rows[depth]);
    if (row !== ROOT) expect(tree.isLinear(row)).toBe(rows.length === row + 1);
    for (let token = 0; token < 4; token++) {
      const children = plain.flatMap((entry, child) => (entry.parent === row && entry.token === token ? [child] : []));
      expect(tree.child(row, token)).toBe(children.at(-1));
    }
  }
}

describe("token tree", () => {
  test("paths, depths, ancestors and newest children are those of a plain list of parents", () => {
    fc.assert(
      fc.property(growth, (steps) => {
        const { tree, plain } = grow(steps);
        expectSame(tree, plain);
      }),
    );
  });

  test("truncated, it is as if the rest had never been appended", () => {
    fc.assert(
      fc.property(growth, fc.nat(60), growth, (steps, length, more) => {
        const { tree, plain } = grow(steps);
        tree.truncate(length);
        const rest = plain.slice(0, length);
        for (const { parent, token } of more) {
          const row = (parent % (rest.length + 1)) - 1;
          tree.append(row, token);
          rest.push({ parent: row, token });
        }
        expectSame(tree, rest);
      }),
    );
  });

  test("a match is the longest path along the tokens, within the limit", () => {
    fc.assert(
      fc.property(growth, fc.array(fc.nat(3), { maxLength: 12 }), fc.nat(12), (steps, tokens, limit) => {
        const { tree, plain } = grow(steps);
        const wanted = tokens.slice(0, limit);
        const lengths = plain.map((_, row) => {
          const found = path(plain, row).map((each) => plain[each].token);
          return found.length <= wanted.length && found.every((token, depth) => token === wanted[depth]) ? found.length : 0;
        });
        const longest = Math.max(0, ...lengths);
        expect(tree.match(tokens, limit)).toBe(longest === 0 ? ROOT : lengths.lastIndexOf(longest));
      }),
    );
  });

  test("of equal tokens below a row, the one that more was appended to is followed", () => {
    const { tree } = grow([{ parent: 0, token: 1 }, { parent: 1, token: 2 }, { parent: 0, token: 1 }]);
    expect(tree.match([1, 2], 2)).toBe(1);
    expect(tree.match([1, 3], 2)).toBe(2);
  });

  test("closing the gaps keeps every leaf's path, and the moves carry each row's content to its new place", () => {
    fc.assert(
      fc.property(growth, fc.array(fc.nat(60), { maxLength: 4 }), (steps, picks) => {
        const { tree, plain } = grow(steps);
        const leaves = picks.map((pick) => (pick % (plain.length + 1)) - 1);
        const live = new Set(leaves.flatMap((leaf) => path(plain, leaf)));
        expect(tree.countLive(leaves)).toBe(live.size);
        const content = plain.map((_, row) => row);
        const { moves, places } = tree.compact(leaves);
        for (const { from, to, count } of moves) content.copyWithin(to, from, from + count);
        const kept = [...live].toSorted((a, b) => a - b);
        expect(content.slice(0, kept.length)).toEqual(kept);
        const place = (row: number) => (row === ROOT ? ROOT : places[row]);
        expectSame(tree, kept.map((row) => ({ parent: place(plain[row].parent), token: plain[row].token })));
      }),
    );
  });
});
