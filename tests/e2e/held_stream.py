"""A chat answer that pauses in the browser, so that a test may look at it however long it takes."""

from __future__ import annotations

import json

from playwright.sync_api import Page

# Gives the page one frame of the stream at a time. After the frame that completes the next of the
# texts, nothing more arrives until the test lets it.
_HOLD = """
(texts) => {
  let goOn = () => {};
  window.letStreamGoOn = () => goOn();
  const plain = window.fetch;
  const pieces = /"delta":\\s*"((?:[^"\\\\]|\\\\.)*)"/g;
  window.fetch = async (input, init) => {
    const answer = await plain(input, init);
    const streams = answer.headers.get("content-type")?.startsWith("text/event-stream");
    if (!String(input).endsWith("/chatkit") || !answer.body || !streams) return answer;
    const aborted = new Promise((_, reject) =>
      init?.signal?.addEventListener("abort", () => reject(init.signal.reason)));
    aborted.catch(() => {});
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    const encoder = new TextEncoder();
    let waiting = "", seen = "";
    const body = new ReadableStream({
      async pull(controller) {
        try {
          while (!waiting.includes("\\n\\n")) {
            const { done, value } = await Promise.race([reader.read(), aborted]);
            if (done) { controller.close(); return; }
            waiting += value;
          }
          const end = waiting.indexOf("\\n\\n") + 2;
          const frame = waiting.slice(0, end);
          waiting = waiting.slice(end);
          controller.enqueue(encoder.encode(frame));
          seen += frame;
          const said = [...seen.matchAll(pieces)].map((piece) => piece[1]).join("");
          if (texts.length && (seen.includes(texts[0]) || said.includes(texts[0]))) {
            texts.shift();
            await Promise.race([new Promise((resolve) => { goOn = resolve; }), aborted]);
          }
        } catch (error) {
          controller.error(error);
        }
      },
      cancel: (reason) => reader.cancel(reason),
    }, { highWaterMark: 0 });
    return new Response(body, { status: answer.status, headers: answer.headers });
  };
}
"""


def hold_stream(page: Page, *texts: str) -> None:
    """Pause the page's next chat answer after each of these texts, in turn.

    Args:
        page: A page that is not open yet.
        texts: In the order in which they arrive, as frames or as pieces of the answer put together.
    """
    page.add_init_script(f"({_HOLD})({json.dumps(texts)})")


def go_on(page: Page) -> None:
    """Let the answer go on that is paused."""
    page.evaluate("window.letStreamGoOn()")
