// Short strings as the document prints them; tasks turn them into numbers and dates afterwards.
import { z } from "zod";

/** An amount as printed, sign, brackets and separators included: `(1,234.50)`. */
export const printedAmount = () => z.string().min(1).max(40);

/** A date as printed: `12 March 2024`, `2024年3月12日`. */
export const printedDate = () => z.string().min(1).max(60);
