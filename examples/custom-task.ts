// A task of your own: a Zod schema says what to extract, a template what to do.
//   node dist/examples/custom-task.js
import { closeModels, defineTask, formatExtraction } from "distillate";
import { z } from "zod";

// Bounds keep answers short, descriptions guide the model, and what a document may lack is nullable.
const jobAdvert = z.object({
  title: z.string().max(80).describe("job title"),
  employer: z.string().max(80).nullable().describe("company that hires"),
  city: z.string().max(40).nullable().describe("place of work"),
  contract: z.enum(["permanent", "temporary", "unknown"]).describe("kind of employment"),
  skills: z.array(z.string().max(40)).max(6).describe("skills that are asked for, as written"),
  salary: z.string().max(40).nullable().describe("salary, as written"),
});

export const parseJobAdvert = defineTask({
  name: "parseJobAdvert",
  description: "Reads a job advertisement.",
  output: jobAdvert,
  // Jinja; it knows `document`, `input`, `language` and `advice`. The document itself is added to the prompt.
  template: "Read the job advertisement and fill in the record.",
  examples: [
    {
      document: "Harbour Bakery in Leeds is hiring a baker, permanent. Early shifts. Pay: 13 GBP an hour.",
      answer: {
        title: "baker",
        employer: "Harbour Bakery",
        city: "Leeds",
        contract: "permanent",
        skills: [],
        salary: "13 GBP an hour",
      },
    },
  ],
});

const advert = `Data Engineer (permanent)
Northwind Analytics, Boston. You build pipelines in Python and SQL and run them on Kubernetes.`;

const result = await parseJobAdvert.safe(advert);
if (result.ok) {
  // `data` has the schema's type: `skills` is string[], `contract` one of three words.
  console.log(`${result.value.data.title}: ${result.value.data.skills.join(", ")}`);
  console.log(formatExtraction(result.value, { source: advert }));
} else {
  console.error(result.error.message);
  process.exitCode = 1;
}
await closeModels();
