// The exact prompts of the ready tasks, as reviewable text in prompts/. A change there changes what was measured.
import { describe, expect, it } from "vitest";
import { diagnose, extractContractClauses, parseBalanceSheet, parseInvoice, type Language } from "../../src/index.js";
import type { GenerationRequest } from "../../src/model/language-model.js";
import { createScriptedModel } from "../../src/model/scripted-model.js";

const records: Record<Language, { contract: string; sheet: string; invoice: string; patient: string }> = {
  en: {
    contract: "SUPPLY AGREEMENT between Alder Ltd and Beech GmbH, 3 May 2021. This Agreement is governed by the laws of Norway.",
    sheet: "| In thousands | 2024 |\n|---|---|\n| Cash | 12 |",
    invoice: "Invoice 17, total 30.00 EUR",
    patient: "Male, 45. Cough for 14 days, night sweats.",
  },
  zh: {
    contract: "供货合同。甲方：青木公司，乙方：山毛公司。本合同适用中华人民共和国法律。",
    sheet: "| 项目（千元） | 2024年 |\n|---|---|\n| 货币资金 | 12 |",
    invoice: "发票号码 17，价税合计 30.00 元",
    patient: "男，45岁。咳嗽14天，夜间盗汗。",
  },
};

function written({ messages }: Pick<GenerationRequest, "messages">): string {
  return `${messages.map(({ role, content }) => `[${role}]\n${content}`).join("\n\n")}\n`;
}

const wordless = { fewShot: false };

describe.each(["en", "zh"] as const)("prompts in %s", (language) => {
  const record = records[language];

  it.each([
    ["parse-balance-sheet", parseBalanceSheet, record.sheet, {}],
    ["parse-invoice", parseInvoice, record.invoice, {}],
    ["diagnose", diagnose, record.patient, {}],
    ["diagnose-without-examples", diagnose, record.patient, { ...wordless, boxedArithmetic: true }],
  ] as const)("%s", async (name, task, text, advice) => {
    const model = createScriptedModel(["{}"], { advice });
    await task.safe(text, { model });
    await expect(written(model.requests[0])).toMatchFileSnapshot(`prompts/${name}.${language}.txt`);
  });

  it("extract-contract-clauses", async () => {
    const header = '{"documentName": null, "parties": [], "agreementDate": null, "effectiveDate": null, "expirationDate": null}';
    const [yes, no] = language === "en" ? ["yes", "no"] : ["有", "无"];
    const model = createScriptedModel(({ format }, call) => {
      if (format.type === "choice") return call === 1 ? yes : no;
      return call === 0 ? header : `{"clause": "${record.contract.slice(-30)}"}`;
    });
    await extractContractClauses(record.contract, { model });
    const quote = model.requests.findIndex(({ format }, call) => call > 0 && format.type === "json");
    const asked = [0, 1, quote].map((call) => written(model.requests[call])).join("\n=====\n\n");
    await expect(asked).toMatchFileSnapshot(`prompts/extract-contract-clauses.${language}.txt`);
  });
});
