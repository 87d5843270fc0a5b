"use client";
import type { ChatSource } from "@/lib/settings";
export function Assistant(props: { source: ChatSource; nonce: string }) { return <p>{props.source.kind}</p>; }
