// Prompts of any length out of one long text, none of which begins like another one: nothing of them is in a cache.

/** Ids below are bytes and the shortest tokens: any of them may open a prompt. */
const OPENING_IDS = 200;

export class PromptSource {
  #ids;
  #count = 0;

  constructor(ids) {
    this.#ids = ids;
  }

  next(length) {
    const count = this.#count++;
    // Two tokens that no prompt before began with, then the text from another place.
    const opening = [count % OPENING_IDS, Math.floor(count / OPENING_IDS)];
    const start = (count * 37) % Math.max(1, this.#ids.length - length);
    const body = this.#ids.slice(start, start + length - opening.length);
    while (body.length < length - opening.length) body.push(...this.#ids.slice(0, length - opening.length - body.length));
    return [...opening, ...body];
  }
}
