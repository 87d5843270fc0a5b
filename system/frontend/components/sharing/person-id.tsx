"use client";

import { useState } from "react";

import { Button } from "@/components/ui";

/**
 * The id by which others invite this person. It is no secret, and nothing can be done with it but
 * that; a name or an address would tell strangers who has an account.
 */
export function PersonId({ id }: { readonly id: string }) {
  const [told, setTold] = useState("");

  async function copy() {
    try {
      await navigator.clipboard.writeText(id);
      setTold("Copied.");
    } catch {
      // Without https there is no clipboard.
      setTold("Select the id and copy it by hand.");
    }
  }

  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
      <code className="rounded-lg border border-line bg-sunken px-3 py-2 text-sm break-all select-all">{id}</code>
      <Button compact aria-label="Copy your id" onClick={() => void copy()}>
        Copy
      </Button>
      <span role="status" className="text-sm text-muted">
        {told}
      </span>
    </div>
  );
}
