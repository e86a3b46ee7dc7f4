import { LENGTH_DELIMITED, readFields, WireWriter } from '../../src/vision/onnx/wire.ts';

// Field numbers of onnx.proto3.
const [MODEL_GRAPH, GRAPH_INITIALIZER, RAW_DATA, EXTERNAL_DATA, DATA_LOCATION] = [7, 5, 9, 13, 14];

/** The same model with its larger weights in a file of their own, as exporters write models above 2 GB. */
export function moveWeightsOut(model: Uint8Array, location: string): { model: Buffer; data: Buffer } {
  const chunks: Uint8Array[] = [];
  let offset = 0;
  const moved = rewrite(model, MODEL_GRAPH ?? 0, (graph) =>
    rewrite(graph, GRAPH_INITIALIZER ?? 0, (tensor) => {
      const fields = readFields(tensor);
      const raw = fields.find(({ field }) => field === RAW_DATA);
      if (!raw || raw.bytes.length < 1024) return new WireWriter().raw(tensor);
      const writer = new WireWriter();
      for (const field of fields) if (field !== raw) writer.copy(field);
      for (const [key, value] of Object.entries({ location, offset, length: raw.bytes.length })) {
        writer.message(EXTERNAL_DATA ?? 0, new WireWriter().text(1, key).text(2, String(value)));
      }
      chunks.push(raw.bytes);
      offset += raw.bytes.length;
      return writer.varint(DATA_LOCATION ?? 0, 1);
    }),
  );
  return { model: moved.toBuffer(), data: Buffer.concat(chunks) };
}

function rewrite(message: Uint8Array, target: number, change: (bytes: Uint8Array) => WireWriter): WireWriter {
  const writer = new WireWriter();
  for (const field of readFields(message)) {
    if (field.field === target && field.wire === LENGTH_DELIMITED) writer.message(target, change(field.bytes));
    else writer.copy(field);
  }
  return writer;
}
