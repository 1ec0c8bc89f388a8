// Second opinions about an answer, asked for at the same time; its values stay.
import { applyScores, scoreLeaves } from "./score-leaves.js";
import { readUnsure, addReadings } from "./second-reading.js";
import type { Answer, Reading } from "../reading.js";

/** With two readings: unsure properties are asked for again, and options that the model might have chosen are scored. */
export async function addOpinions(reading: Reading, first: Answer): Promise<Answer> {
  if (reading.readings === 1) return first;
  const [readings, scores] = await reading.calls.together([
    (calls) => readUnsure({ ...reading, calls }, first),
    (calls) => scoreLeaves({ ...reading, calls }, first),
  ]);
  return applyScores(addReadings(first, readings, reading.schema), scores);
}
