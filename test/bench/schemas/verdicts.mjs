// What an engine's answers mean: each case passed or not, and why not.
import { judge } from "./arbiter.mjs";

/**
 * One verdict for each case: `outcome` is "passed", "failed", "refused" (a clear refusal to compile) or "broken" (an
 * error, a hang, no memory). `faults` are the instances that came out against their label; those on which Ajv
 * contradicts the label are `isDisputed`, and hinder no pass.
 */
export function judgeAnswers(cases, answers) {
  return cases.map((each, index) => {
    const answer = answers[index];
    const { id, set } = each;
    if (answer.refusal) return { id, set, outcome: "refused", refusal: answer.refusal, faults: [], answer };
    if (answer.error) return { id, set, outcome: "broken", error: answer.error, faults: [], answer };
    const faults = each.tests.flatMap((test, number) => faultOf(each.schema, test, number, answer.tests[number]));
    const outcome = faults.every(({ isDisputed }) => isDisputed) ? "passed" : "failed";
    return { id, set, outcome, passedByLabels: faults.length === 0, faults, answer };
  });
}

function faultOf(schema, { isValid, text }, number, { at }) {
  const isAccepted = at === undefined;
  if (isAccepted === isValid) return [];
  const kind = isAccepted ? "wrong accept" : "wrong refusal";
  return [{ kind, test: number, at, text, isDisputed: judge(schema, text) === isAccepted }];
}
