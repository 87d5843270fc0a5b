"use client";

import { useEffect, useState } from "react";

import type { ChatSource } from "@/lib/server/settings";

/** Gets `<openai-chatkit>` defined: our own element, or the hosted one from OpenAI's CDN. */

export type ElementState = "loading" | "ready" | "unavailable";

const CDN_TIMEOUT_MS = 10_000;

async function define(source: ChatSource, nonce: string): Promise<void> {
  if (customElements.get("openai-chatkit")) return;
  if (source.kind === "local") {
    const { defineLocalChatKit } = await import("@/lib/chatkit/element");
    defineLocalChatKit();
    return;
  }
  const script = document.createElement("script");
  script.src = source.scriptUrl;
  script.async = true;
  script.nonce = nonce;
  const failed = new Promise<never>((_, reject) => {
    script.onerror = () => reject(new Error("the ChatKit script could not be loaded"));
    // Without this an unreachable CDN leaves an empty box and no word about it.
    setTimeout(() => reject(new Error("the ChatKit script did not define its element")), CDN_TIMEOUT_MS);
  });
  document.head.append(script);
  await Promise.race([customElements.whenDefined("openai-chatkit"), failed]);
}

export function useChatKitElement(source: ChatSource, nonce: string): ElementState {
  const [state, setState] = useState<ElementState>("loading");
  useEffect(() => {
    let wanted = true;
    define(source, nonce).then(
      () => wanted && setState("ready"),
      () => wanted && setState("unavailable"),
    );
    return () => {
      wanted = false;
    };
    // A page is made for one source; its nonce changes with every visit and means nothing new.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);
  return state;
}
