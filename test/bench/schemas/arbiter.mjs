// A second opinion on labels: Ajv, with all formats it knows, under the draft that the schema names.
import addFormats from "ajv-formats";
import Ajv from "ajv";
import Ajv2019 from "ajv/dist/2019.js";
import Ajv2020 from "ajv/dist/2020.js";

const OPTIONS = { strict: false, validateSchema: false, logger: false, validateFormats: true };

/** Whether `text` is valid; undefined where Ajv cannot tell. */
export function judge(schemaText, text) {
  const schema = JSON.parse(schemaText);
  for (const { Validator, options } of validatorsFor(schema)) {
    try {
      const validator = new Validator({ ...OPTIONS, ...options });
      addFormats(validator, { mode: "full" });
      return validator.validate(modernised(schema), JSON.parse(text));
    } catch {
      // A keyword of another draft or a pattern without `u` flag: the next one may read it.
    }
  }
  return undefined;
}

function validatorsFor(schema) {
  const draft = String(schema?.$schema ?? "");
  const loose = { unicodeRegExp: false };
  const latest = [{ Validator: Ajv2020 }, { Validator: Ajv2020, options: loose }];
  const early = [{ Validator: Ajv }, { Validator: Ajv, options: loose }];
  if (draft.includes("2019-09")) return [{ Validator: Ajv2019 }, { Validator: Ajv2019, options: loose }];
  if (draft.includes("2020-12")) return latest;
  return /draft-0[467]/.test(draft) ? early : [...latest, ...early];
}

/** Draft 4 wrote `id`, and exclusive bounds as flags. Names under `properties` and the like are no keywords. */
function modernised(schema) {
  return withoutDraft(/draft-04/.test(String(schema?.$schema ?? "")) ? convert(schema) : schema);
}

/** Ajv would look for the meta-schema, and answer later where Ajv's own `$async` is set. */
function withoutDraft(schema) {
  if (typeof schema !== "object" || schema === null) return schema;
  const { $schema: _draft, $async: _isAsync, ...rest } = schema;
  return rest;
}

const MAPS = new Set(["properties", "patternProperties", "definitions", "dependencies"]);
const VALUES = new Set(["enum", "const", "default", "examples", "required"]);

function convert(node, isMap = false) {
  if (Array.isArray(node)) return node.map((each) => convert(each));
  if (typeof node !== "object" || node === null) return node;
  const out = {};
  for (const [key, value] of Object.entries(node)) {
    if (isMap) out[key] = convert(value);
    else if (VALUES.has(key)) out[key] = value;
    else if (key === "id" && typeof value === "string") out.$id = value;
    else if (!(key.startsWith("exclusive") && typeof value === "boolean")) out[key] = convert(value, MAPS.has(key));
  }
  if (!isMap) setExclusive(node, out);
  return out;
}

function setExclusive(from, to) {
  for (const [bound, flag] of [["minimum", "exclusiveMinimum"], ["maximum", "exclusiveMaximum"]]) {
    if (from[flag] !== true) continue;
    to[flag] = from[bound];
    delete to[bound];
  }
}
