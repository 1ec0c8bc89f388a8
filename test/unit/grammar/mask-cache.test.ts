// Masks are reused when the cache is full, the least recently used first, and never while they count as kept.
import { expect, test } from "vitest";
import { MaskCache } from "../../../engine/grammar/mask/mask-cache.js";

/** 4 MiB a mask: 16 fill the cache. */
const WORDS = 1 << 20;

test("a full cache takes the words of the mask that was asked for longest ago", () => {
  const cache = new MaskCache(WORDS);
  const entries = Array.from({ length: 16 }, (_, index) => {
    const mask = cache.createMask();
    mask[0] = index + 1;
    return cache.keep(mask, index);
  });
  expect(entries.every((entry) => cache.touch(entry))).toBe(true);
  expect(cache.touch(entries[0])).toBe(true);
  const reused = cache.createMask();
  expect(reused).toBe(entries[1].mask);
  expect(reused.every((word) => word === 0)).toBe(true);
  expect(cache.touch(entries[1])).toBe(false);
  expect(entries.filter((entry) => cache.touch(entry)).map(({ mask }) => mask[0])).toEqual([1, ...Array.from({ length: 14 }, (_, i) => i + 3)]);
});
