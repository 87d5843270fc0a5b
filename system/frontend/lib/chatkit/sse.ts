/**
 * Server-sent events (WHATWG HTML section 9.2) as far as ChatKit uses them: unnamed events whose
 * data is one JSON object. There is no end marker; the stream ends when the body does.
 */

/**
 * The JSON objects of an event stream, as they arrive.
 *
 * @throws {SyntaxError} when an event's data is not JSON, and what the reader throws when the
 *   connection breaks.
 */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<unknown> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  let data: string[] = [];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      rest += done ? decoder.decode() : decoder.decode(value, { stream: true });
      const lines = rest.split(/\r\n|\n|\r(?!$)/);
      // An unfinished line waits for its end; an unfinished event is dropped at the end.
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (line === "") {
          if (data.length > 0) yield JSON.parse(data.join("\n")) as unknown;
          data = [];
        } else if (line.startsWith("data:")) {
          data.push(line.slice(line[5] === " " ? 6 : 5));
        }
      }
      if (done) return;
    }
  } finally {
    // Leaving early tells the server that nobody listens any more.
    await reader.cancel().catch(() => undefined);
  }
}
