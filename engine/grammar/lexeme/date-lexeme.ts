// A date of the calendar, YYYY-MM-DD (RFC 3339, full-date): no 31st of April, the 29th of February in leap years only.
import { Lexeme } from "./lexeme.js";

const LENGTH = 10;
const DASH = 0x2d;
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * A state is `position * 1000 + memory`; the memory holds no more of the digits than what follows depends on:
 * the year so far, then whether it is a leap year, then the days of the month.
 */
export class DateLexeme extends Lexeme {
  readonly start = 0;

  step(state: number, byte: number): number {
    const position = Math.floor(state / 1000);
    if (position >= LENGTH) return -1;
    const memory = state % 1000;
    const next = position === 4 || position === 7 ? (byte === DASH ? memory : -1) : afterDigit(position, memory, byte - 0x30);
    return next < 0 ? -1 : (position + 1) * 1000 + next;
  }

  isWhole(state: number): boolean {
    return state >= LENGTH * 1000;
  }

  distance(state: number): number {
    return LENGTH - Math.floor(state / 1000);
  }
}

function afterDigit(position: number, memory: number, digit: number): number {
  if (digit < 0 || digit > 9) return -1;
  switch (position) {
    case 0:
      return digit;
    case 1:
      return (memory * 10 + digit) % 4;
    case 2:
      return memory * 10 + digit;
    case 3: {
      const isCenturyLeap = memory < 10;
      const decade = memory % 10;
      const year = decade * 10 + digit;
      return (year === 0 ? isCenturyLeap : year % 4 === 0) ? 1 : 0;
    }
    case 5:
      return digit <= 1 ? memory + 2 * digit : -1;
    case 6: {
      const month = (memory >> 1) * 10 + digit;
      if (month < 1 || month > 12) return -1;
      return month === 2 && (memory & 1) === 1 ? 29 : DAYS[month - 1];
    }
    case 8:
      return digit * 10 <= memory ? memory * 4 + digit : -1;
    default: {
      const day = (memory % 4) * 10 + digit;
      return day >= 1 && day <= Math.floor(memory / 4) ? 0 : -1;
    }
  }
}
