// What models are calibrated with: the kinds of text that records, prompts and replies consist of. Raise `CALIBRATION_VERSION` with any change.

/** Of the text and of what is made of it. */
export const CALIBRATION_VERSION = 1;

export const CALIBRATION_TEXT = `Extract the fields below from the document. Copy values as they are printed; write null where nothing is said.

SERVICES AGREEMENT. This Agreement is made on the 14th day of March, 2019 (the "Effective Date") by and between Norwick & Hale LLC, a Delaware limited liability company ("Provider"), and Ostrava Metals a.s. ("Client"). Either party may terminate this Agreement upon thirty (30) days' prior written notice; Sections 7.2, 9 and 11(c) survive. The aggregate liability of Provider shall not exceed EUR 250,000.00 or 12.5 % of the fees paid in the preceding twelve months, whichever is less.

INVOICE No. 2023-00481      Date: 07/11/2023      Due: 06.12.2023
Qty   Description                    Unit price      Amount
  12  Toner cartridge, black (A4-77)     38.90       466.80
   3  Shipping & handling                 9.95        29.85
Subtotal 496.65   VAT 19 % 94.36   TOTAL 591.01 EUR   IBAN DE89 3704 0044 0532 0130 00
Tel +49 (0)30 5550-0142, billing@example.com, https://example.com/pay?id=481&ref=A7

出院小结:患者,男,63岁,因“反复胸闷、气促两周,加重三天”于2021年5月8日入院。既往高血压病史十余年,最高血压178/102毫米汞柱,长期口服氨氯地平5毫克,每日一次。查体:体温36.7℃,心率92次/分。诊断:冠心病,心功能Ⅱ级。建议低盐饮食,一个月后门诊复查。甲方应于本合同签订之日起十五个工作日内支付合同总价的百分之三十,即人民币壹拾贰万元整(¥120,000.00)。

{"patient": {"id": "P-00917", "age": 63, "allergies": [], "smoker": false}, "labs": [{"name": "HbA1c", "value": 7.8, "unit": "%", "date": "2021-05-09"}, {"name": "LDL", "value": 3.41, "unit": "mmol/L", "flag": null}], "total": -1840.25, "notes": "see \\"discharge\\"\\n"}

| Balance sheet (in thousands) | 2022 | 2021 |
|---|---:|---:|
| Cash and cash equivalents | 1,204,553 | 998,310 |
| Trade receivables, net | 87,045 | (12,006) |
| Total assets | 4,918,277 | 4,650,101 |

const total = rows.reduce((sum, row) => sum + row.price * row.count, 0); // 3.14159 2.71828 1e-9 0x7FFF
Dr. Müller wurde am Freitag nach München gerufen, où l'on parlait déjà de l'été. Yesterday she asked why the river had frozen; nobody knew. ¿Qué hora es? 1 2 3 5 8 13 21 34 55 89 144 233 377 610 987
`;
