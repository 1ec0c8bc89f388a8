// Full-width digits and signs as plain ones, one code unit for one, so that offsets stay.

/** `１２３．５` -> `123.5`, the ideographic space -> a space. The length does not change. */
export function foldWidth(text: string): string {
  return text.replaceAll(/[\uff01-\uff5e\u3000]/gu, (sign) => (sign === "\u3000" ? " " : String.fromCharCode(sign.charCodeAt(0) - 0xfee0)));
}
