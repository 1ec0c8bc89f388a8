// One question about the record, to the model and back.
import type { Sampling } from "../model/language-model.js";
import type { Question, Reading, Reply } from "./reading.js";
import { recordFormat } from "./record-schema.js";

export interface Asking {
  purpose: string;
  sampling: Sampling;
  thinkingBudgetTokens?: number;
}

export async function askQuestion(reading: Reading, question: Question, { purpose, ...how }: Asking): Promise<Reply> {
  const { text, schema, path } = question;
  const result = await reading.calls.ask({
    purpose,
    path,
    messages: reading.messages(text),
    format: recordFormat(schema, reading),
    maxTokens: reading.maxTokens,
    ...how,
  });
  return { question, result };
}
