// The part of the ONNX file format that decoder graphs need, encoded with protobufjs.
// Format: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto (field numbers below are its own).
import protobuf from "protobufjs";

const field = (id: number, type: string, rule?: "repeated"): protobuf.IField => ({ id, type, rule } as protobuf.IField);

const DESCRIPTION: protobuf.INamespace = {
  nested: {
    StringStringEntryProto: { fields: { key: field(1, "string"), value: field(2, "string") } },
    OperatorSetIdProto: { fields: { domain: field(1, "string"), version: field(2, "int64") } },
    Dimension: { fields: { dimValue: field(1, "int64"), dimParam: field(2, "string") } },
    TensorShapeProto: { fields: { dim: field(1, "Dimension", "repeated") } },
    TensorTypeProto: { fields: { elemType: field(1, "int32"), shape: field(2, "TensorShapeProto") } },
    TypeProto: { fields: { tensorType: field(1, "TensorTypeProto") } },
    ValueInfoProto: { fields: { name: field(1, "string"), type: field(2, "TypeProto") } },
    TensorProto: {
      fields: {
        dims: field(1, "int64", "repeated"),
        dataType: field(2, "int32"),
        name: field(8, "string"),
        rawData: field(9, "bytes"),
        externalData: field(13, "StringStringEntryProto", "repeated"),
        dataLocation: field(14, "int32"),
      },
    },
    AttributeProto: {
      fields: {
        name: field(1, "string"),
        f: field(2, "float"),
        i: field(3, "int64"),
        s: field(4, "bytes"),
        ints: field(8, "int64", "repeated"),
        type: field(20, "int32"),
      },
    },
    NodeProto: {
      fields: {
        input: field(1, "string", "repeated"),
        output: field(2, "string", "repeated"),
        name: field(3, "string"),
        opType: field(4, "string"),
        attribute: field(5, "AttributeProto", "repeated"),
        domain: field(7, "string"),
      },
    },
    GraphProto: {
      fields: {
        node: field(1, "NodeProto", "repeated"),
        name: field(2, "string"),
        initializer: field(5, "TensorProto", "repeated"),
        input: field(11, "ValueInfoProto", "repeated"),
        output: field(12, "ValueInfoProto", "repeated"),
      },
    },
    ModelProto: {
      fields: {
        irVersion: field(1, "int64"),
        producerName: field(2, "string"),
        graph: field(7, "GraphProto"),
        opsetImport: field(8, "OperatorSetIdProto", "repeated"),
      },
    },
  },
};

/** TensorProto.DataType */
export const DataType = { float: 1, uint8: 2, int8: 3, int32: 6, int64: 7, float16: 10 } as const;
export type DataType = (typeof DataType)[keyof typeof DataType];

export interface ValueInfo {
  name: string;
  type: DataType;
  /** A string names a length that differs from run to run. */
  shape: readonly (number | string)[];
}

export interface Node {
  operator: string;
  name: string;
  domain: string;
  inputs: readonly string[];
  outputs: readonly string[];
  attributes: readonly Attribute[];
}

export type Attribute = { name: string; integer: number } | { name: string; float: number } | { name: string; integers: readonly number[] } | { name: string; text: string };

/** A constant: its bytes, or where they lie in the file of external data. */
export interface Initializer {
  name: string;
  type: DataType;
  shape: readonly number[];
  data: Uint8Array | { location: string; offset: number; sizeBytes: number };
}

export interface Graph {
  name: string;
  nodes: readonly Node[];
  initializers: readonly Initializer[];
  inputs: readonly ValueInfo[];
  outputs: readonly ValueInfo[];
}

const IR_VERSION = 10;
export const OPSETS = [
  { domain: "", version: 21 },
  { domain: "com.microsoft", version: 1 },
];
const EXTERNAL = 1;
const FLOAT_ATTRIBUTE = 1;
const INTEGER_ATTRIBUTE = 2;
const TEXT_ATTRIBUTE = 3;
const INTEGERS_ATTRIBUTE = 7;

/**
 * The bytes of an .onnx file.
 *
 * @param dataFile Name of the file that constants are said to lie in. Default: the one they name.
 */
export function encodeModel(graph: Graph, dataFile?: string): Uint8Array {
  const model = protobuf.Root.fromJSON(DESCRIPTION).lookupType("ModelProto");
  const message = {
    irVersion: IR_VERSION,
    producerName: "distillate",
    opsetImport: OPSETS,
    graph: {
      name: graph.name,
      node: graph.nodes.map((node) => ({
        input: node.inputs,
        output: node.outputs,
        name: node.name,
        opType: node.operator,
        domain: node.domain,
        attribute: node.attributes.map(encodeAttribute),
      })),
      initializer: graph.initializers.map((initializer) => encodeInitializer(initializer, dataFile)),
      input: graph.inputs.map(encodeValueInfo),
      output: graph.outputs.map(encodeValueInfo),
    },
  };
  return model.encode(message).finish();
}

function encodeAttribute(attribute: Attribute): object {
  if ("integers" in attribute) return { name: attribute.name, ints: attribute.integers, type: INTEGERS_ATTRIBUTE };
  if ("text" in attribute) return { name: attribute.name, s: Buffer.from(attribute.text), type: TEXT_ATTRIBUTE };
  return "integer" in attribute
    ? { name: attribute.name, i: attribute.integer, type: INTEGER_ATTRIBUTE }
    : { name: attribute.name, f: attribute.float, type: FLOAT_ATTRIBUTE };
}

function encodeInitializer({ name, type, shape, data }: Initializer, dataFile: string | undefined): object {
  const tensor = { name, dims: shape, dataType: type };
  if (data instanceof Uint8Array) return { ...tensor, rawData: data };
  const externalData = [
    { key: "location", value: dataFile ?? data.location },
    { key: "offset", value: String(data.offset) },
    { key: "length", value: String(data.sizeBytes) },
  ];
  return { ...tensor, externalData, dataLocation: EXTERNAL };
}

function encodeValueInfo({ name, type, shape }: ValueInfo): object {
  const dim = shape.map((length) => (typeof length === "string" ? { dimParam: length } : { dimValue: length }));
  return { name, type: { tensorType: { elemType: type, shape: { dim } } } };
}
