// The contract of a LanguageModel, run against the remote model in both of its dialects.
import { afterAll, beforeAll } from "vitest";
import { createRemoteModel } from "../../src/model/remote-model.js";
import { startOpenAiServer, type OpenAiServer } from "../fixtures/openai-server.js";
import { describeLanguageModel } from "./language-model.js";

let server: OpenAiServer;
beforeAll(async () => {
  server = await startOpenAiServer();
});
afterAll(() => server.close());

for (const constraint of ["response_format", "structured_outputs"] as const) {
  describeLanguageModel(`remote, ${constraint}`, () => createRemoteModel({ baseUrl: server.baseUrl, model: "test", constraint }));
}
