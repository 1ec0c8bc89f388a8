// The engine's model, on real weights, under the suite of all language models.
import { loadModel } from "../../src/index.js";
import { realModelPath } from "../fixtures/real-model.js";
import { describeLanguageModel } from "./language-model.js";

describeLanguageModel("engine", async () => loadModel(await realModelPath()));
