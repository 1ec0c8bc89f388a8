// Scores answers against gold, field by field: micro F1 over values. Letter case, white space and punctuation do not count.
// Of clauses (one value, several places in the contract) any place will do; the soft score asks for half of the words.

/** A sum of counts over records; `strict` and `soft` are F1 values from 0 to 1. */
export class FieldScores {
  #right = 0;
  #near = 0;
  #answered = 0;
  #wanted = 0;
  #absent = 0;
  #overAnswered = 0;

  /** @param answer the data of a record; undefined where there is none. */
  add(answer, gold) {
    for (const [field, wanted] of Object.entries(gold)) {
      const given = toValues(answer?.[field]);
      const goal = toGoals(wanted);
      this.#answered += given.length;
      this.#wanted += goal.length;
      this.#right += countMatches(given, goal, (value, texts) => texts.some((text) => isSame(field, value, text)));
      this.#near += countMatches(given, goal, (value, texts) => texts.some((text) => isSame(field, value, text) || isNear(field, value, text)));
      if (goal.length === 0) this.#absent++;
      if (goal.length === 0 && given.length > 0) this.#overAnswered++;
    }
  }

  get figures() {
    const f1 = (right) => (this.#answered + this.#wanted === 0 ? 1 : (2 * right) / (this.#answered + this.#wanted));
    return {
      strict: f1(this.#right),
      soft: f1(this.#near),
      precision: this.#right / Math.max(1, this.#answered),
      recall: this.#right / Math.max(1, this.#wanted),
      answered: this.#answered,
      wanted: this.#wanted,
      absentFields: this.#absent,
      overAnswered: this.#overAnswered,
    };
  }
}

/** Each once: a value repeated in a list is one value. */
function toValues(value) {
  const list = (Array.isArray(value) ? value : [value]).filter((item) => item !== null && item !== undefined);
  return [...new Map(list.map((item) => [plain(item), item])).values()];
}

/** Lists of accepted texts, one list a wanted value. */
function toGoals(gold) {
  if (gold && typeof gold === "object" && "texts" in gold) return gold.texts.length > 0 ? [gold.texts] : [];
  return toValues(gold).map((text) => [text]);
}

function countMatches(given, goals, fits) {
  const open = [...goals];
  let count = 0;
  for (const value of given) {
    const place = open.findIndex((texts) => fits(value, texts));
    if (place < 0) continue;
    open.splice(place, 1);
    count++;
  }
  return count;
}

function isSame(field, value, text) {
  if (field === "total") return amount(value) !== undefined && amount(value) === amount(text);
  const [a, b] = [lettersOf(value), lettersOf(text)];
  return a && b ? a === b : plain(value) === plain(text);
}

function isNear(field, value, text) {
  return field !== "total" && wordOverlap(value, text) >= 0.5;
}

/** F1 over words; Chinese counts by characters. */
function wordOverlap(a, b) {
  const [left, right] = [wordsOf(a), wordsOf(b)];
  const counts = new Map();
  for (const word of left) counts.set(word, (counts.get(word) ?? 0) + 1);
  let shared = 0;
  for (const word of right) {
    const count = counts.get(word) ?? 0;
    if (count > 0) shared++;
    counts.set(word, count - 1);
  }
  return shared === 0 ? 0 : (2 * shared) / (left.length + right.length);
}

function wordsOf(text) {
  return plain(text).match(/[\u4e00-\u9fff]|[\p{L}\p{N}_]+/gu) ?? [];
}

function lettersOf(text) {
  return plain(text).replaceAll(/[^\p{L}\p{N}]+/gu, "");
}

function plain(text) {
  const even = String(text).normalize("NFKC").replaceAll(/\s+/gu, " ").trim().toLowerCase();
  return even.replaceAll(/^[ .,;:()[\]"'“”‘’]+|[ .,;:()[\]"'“”‘’]+$/gu, "").replace(/^(?:a|an|the) /u, "");
}

function amount(text) {
  const digits = String(text).replaceAll(/[^\d.-]/gu, "");
  return digits === "" || Number.isNaN(Number(digits)) ? undefined : Number(digits);
}
