"use client";

import { ChatKit, useChatKit } from "@openai/chatkit-react";
import { useSyncExternalStore } from "react";

import { TaskGlance } from "@/components/chat/task-glance";
import { useChatKitElement } from "@/components/chat/use-chatkit-element";
import { Alert, Button } from "@/components/ui";
import { usePerson } from "@/lib/session/person-context";
import type { ChatSource } from "@/lib/server/settings";
import { announceTaskChange } from "@/lib/tasks/task-changes";

interface AssistantProps {
  readonly source: ChatSource;
  readonly nonce: string;
}

/** The assistant: ChatKit on our backend, with the person's tasks beside it where there is room. */
export function Assistant({ source, nonce }: AssistantProps) {
  const element = useChatKitElement(source, nonce);
  return (
    <div className="grid min-h-0 flex-1 gap-6 lg:grid-cols-[minmax(0,1fr)_19rem]">
      <section aria-label="Assistant" className="flex min-h-0 min-w-0 flex-col">
        <h1 className="sr-only">Assistant</h1>
        <div className="h-[calc(100dvh-7rem)] min-h-96 overflow-hidden rounded-2xl border border-line bg-surface shadow-card">
          {element === "ready" ? <Conversation source={source} /> : null}
          {element === "loading" ? (
            <p role="status" className="grid h-full place-content-center text-muted">
              Opening the assistant…
            </p>
          ) : null}
          {element === "unavailable" ? (
            <div className="grid h-full place-content-center gap-4 p-6">
              <Alert>The assistant could not be loaded. Check your connection, then try again.</Alert>
              <Button className="justify-self-center" onClick={() => window.location.reload()}>
                Try again
              </Button>
            </div>
          ) : null}
        </div>
      </section>
      <TaskGlance />
    </div>
  );
}

const PROMPTS = [
  { label: "What is on my list?", prompt: "Show my tasks" },
  { label: "Add a task to buy milk", prompt: "Add a task to buy milk" },
  { label: "How many tasks have I finished?", prompt: "How many tasks have I finished?" },
];

function Conversation({ source }: { readonly source: ChatSource }) {
  const { backend } = usePerson();
  const dark = useDarkMode();
  const changed = () => announceTaskChange(backend.userId);
  const { control } = useChatKit({
    api: {
      url: `${backend.backendUrl}/chatkit`,
      domainKey: source.kind === "cdn" ? source.domainKey : "local",
      fetch: (input, init) => backend.authorizedFetch(input instanceof Request ? input.url : String(input), init),
    },
    theme: { colorScheme: dark ? "dark" : "light", radius: "round" },
    initialThread: null,
    history: { enabled: true, showDelete: true, showRename: true },
    startScreen: { greeting: "What would you like to get done?", prompts: PROMPTS },
    composer: { placeholder: "Ask about your tasks", attachments: { enabled: false } },
    threadItemActions: { retry: true, feedback: false },
    thread: { autoScroll: true },
    disclaimer: { text: "The assistant can make mistakes. It works on what you may see yourself." },
    // The assistant may have written before it finished, and also when it failed afterwards.
    onResponseEnd: changed,
    onError: changed,
    onEffect: changed,
  });
  return <ChatKit control={control} className="block h-full w-full" />;
}

const DARK = "(prefers-color-scheme: dark)";

function useDarkMode(): boolean {
  return useSyncExternalStore(
    (notify) => {
      const query = matchMedia(DARK);
      query.addEventListener("change", notify);
      return () => query.removeEventListener("change", notify);
    },
    () => matchMedia(DARK).matches,
    () => false,
  );
}
