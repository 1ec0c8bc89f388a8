// Reads a stream of server-sent events (WHATWG HTML, 9.2): bytes in, the data of each event out.

const lineFeed = 0x0a;

/**
 * Lines are split on the byte 0x0A, so that a chunk may end inside a character and other Unicode line
 * breaks stay data. An event left open when the stream ends is dropped, as the standard says.
 */
export async function* readServerSentEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let data: string[] = [];
  for await (const line of readLines(chunks)) {
    if (line === "") {
      if (data.length > 0) yield data.join("\n");
      data = [];
    } else if (line.startsWith("data:")) {
      data.push(line.slice(line[5] === " " ? 6 : 5));
    }
  }
}

async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let parts: Uint8Array[] = [];
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, start)) {
      parts.push(chunk.subarray(start, end));
      yield decodeLine(parts);
      parts = [];
      start = end + 1;
    }
    if (start < chunk.length) parts.push(chunk.subarray(start));
  }
}

function decodeLine(parts: Uint8Array[]): string {
  const line = Buffer.concat(parts).toString("utf8");
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}
