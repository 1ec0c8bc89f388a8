// The strategy `record`: the whole record in one question.
import type { Sampling } from "../model/language-model.js";
import { interpretReply } from "./interpret-reply.js";
import type { Answer, Reading } from "./reading.js";
import { recordFormat } from "./record-schema.js";
import { addSecondReading } from "./second-reading.js";

export async function readRecord(reading: Reading, sampling: Sampling): Promise<Answer> {
  const { task, document, opening, calls, maxTokens } = reading;
  const { thinking } = task.definition;
  const reply = await calls.ask({
    purpose: "record",
    path: "",
    messages: reading.messages(opening.question),
    format: recordFormat(opening.schema, reading),
    sampling,
    maxTokens,
    ...(thinking && { thinkingBudgetTokens: thinking.budgetTokens }),
  });
  return addSecondReading(reading, interpretReply(reply, opening.schema, document));
}
