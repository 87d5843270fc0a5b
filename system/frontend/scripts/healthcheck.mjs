/** Whether the frontend of this container and its backend are ready; a container engine asks. */
const address = `http://127.0.0.1:${process.env.FRONTEND_PORT ?? "3000"}/api/health`;
const ready = await fetch(address, { signal: AbortSignal.timeout(5_000) }).then(
  (answer) => answer.ok,
  () => false,
);
process.exit(ready ? 0 : 1);
