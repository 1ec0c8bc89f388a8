// The strategies `record` and `fields`: the record in one question, or in one for each field or group, asked at once.
import type { Sampling } from "../../model/language-model.js";
import { askQuestion } from "../ask-question.js";
import { interpretReplies } from "../interpret-replies.js";
import { addOpinions } from "../opinion/add-opinions.js";
import type { Answer, Reading, Reply } from "../reading.js";

export async function readRecord(reading: Reading, sampling: Sampling): Promise<Answer> {
  const { task, strategy, document, schema, questions, calls } = reading;
  const { thinking } = task.definition;
  const purpose = strategy.type === "fields" ? "field" : "record";
  const how = { purpose, sampling, ...(thinking && { thinkingBudgetTokens: thinking.budgetTokens }) };
  const replies = await calls.together<Reply[]>(questions.map((question) => (own) => askQuestion({ ...reading, calls: own }, question, how)));
  return addOpinions(reading, interpretReplies(replies, schema, document));
}
