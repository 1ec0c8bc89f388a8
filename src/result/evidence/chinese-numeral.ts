// Chinese numerals, everyday and financial: 三百二十, 二〇二四, 叁拾万, 两千.

const digits = new Map([..."零一二三四五六七八九"].map((sign, value) => [sign, value]));
for (const [value, signs] of ["〇○", "壹", "贰貳两兩", "叁參", "肆", "伍", "陆陸", "柒", "捌", "玖"].entries()) {
  for (const sign of signs) digits.set(sign, value);
}
const tens = new Map(Object.entries({ 十: 10, 拾: 10, 百: 100, 佰: 100, 千: 1000, 仟: 1000 }));
const myriads = new Map(Object.entries({ 万: 1e4, 萬: 1e4, 亿: 1e8, 億: 1e8 }));

/** All signs a numeral may hold, for use inside a character class. */
export const chineseNumeralSigns = [...digits.keys(), ...tens.keys(), ...myriads.keys()].join("");

/** The value of a numeral; of a factor such as 百万 as well. Undefined where the signs make no number. */
export function parseChineseNumeral(text: string): number | undefined {
  const signs = [...text];
  if (signs.length === 0) return undefined;
  if (signs.every((sign) => digits.has(sign))) return Number(signs.map((sign) => digits.get(sign)).join(""));
  let total = 0;
  let section = 0;
  let digit: number | undefined;
  for (const sign of signs) {
    const ten = tens.get(sign);
    const myriad = myriads.get(sign);
    if (digits.has(sign)) {
      digit = digits.get(sign);
    } else if (ten !== undefined) {
      section += (digit ?? 1) * ten;
      digit = undefined;
    } else if (myriad !== undefined) {
      const below = section + (digit ?? 0);
      // 万亿 multiplies; 一亿三千万 adds.
      total = total > 0 && (total < myriad || below === 0) ? (total + below) * myriad : total + (below || 1) * myriad;
      section = 0;
      digit = undefined;
    } else {
      return undefined;
    }
  }
  return total + section + (digit ?? 0);
}
