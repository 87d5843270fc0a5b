/**
 * The look of the local component. Colours come from the page's custom properties, which reach
 * into the shadow tree, with fallbacks for a page that has none. The sheet is constructed, not
 * written into the document, so that a strict style policy allows it.
 */

const CSS = `
:host { display: block; position: relative; color: var(--ink, #1d2226); font: inherit; }
:host([hidden]), [hidden] { display: none !important; }
* { box-sizing: border-box; }
button, textarea, input { font: inherit; color: inherit; }
button { cursor: pointer; }
:focus-visible { outline: 2px solid var(--focus, #1452c4); outline-offset: 2px; }
.root { display: grid; grid-template: auto minmax(0, 1fr) auto / minmax(0, 1fr); height: 100%; position: relative; overflow: hidden; }
.bar { display: flex; align-items: center; gap: 0.25rem; padding: 0.5rem 0.5rem 0.5rem 1.25rem; border-bottom: 1px solid var(--line, #dcd9d0); }
.bar h2 { flex: 1; min-width: 0; margin: 0; font-size: 0.95rem; font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.tool { display: inline-grid; place-items: center; width: 2.5rem; height: 2.5rem; border: 0; border-radius: 0.5rem; background: none; color: var(--muted, #596067); }
.tool:hover { background: var(--sunken, #eceae3); color: var(--ink, #1d2226); }
.small { width: 2rem; height: 2rem; }
.icon { width: 1.25rem; height: 1.25rem; fill: none; stroke: currentColor; stroke-width: 1.6; stroke-linecap: round; stroke-linejoin: round; }
.small .icon { width: 1.05rem; height: 1.05rem; }
.scroll { overflow-y: auto; overscroll-behavior: contain; padding: 1.25rem; scroll-padding: 1rem; }
.messages { list-style: none; margin: 0 auto; padding: 0; max-width: 44rem; display: grid; grid-template-columns: minmax(0, 1fr); gap: 1.25rem; }
.message { min-width: 0; overflow-wrap: anywhere; }
.mine { justify-self: end; max-width: min(85%, 34rem); padding: 0.6rem 1rem; border-radius: 1.1rem 1.1rem 0.3rem 1.1rem; background: var(--accent-soft, #dfeeea); white-space: pre-wrap; }
.waiting { opacity: 0.7; }
.message p, .message ul, .message ol, .message pre, .message h3 { margin: 0 0 0.75rem; }
.message > .text > :last-child { margin-bottom: 0; }
.message ul, .message ol { padding-left: 1.5rem; display: grid; gap: 0.25rem; }
.message ul { list-style: disc; }
.message ol { list-style: decimal; }
.message h3 { font-size: 1rem; font-weight: 600; }
code { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: 0.9em; padding: 0.1em 0.35em; border-radius: 0.3em; background: var(--sunken, #eceae3); }
pre { padding: 0.75rem 1rem; border-radius: 0.6rem; background: var(--sunken, #eceae3); overflow-x: auto; }
pre code { padding: 0; background: none; }
.acts { display: flex; gap: 0.15rem; margin-top: 0.35rem; margin-left: -0.4rem; }
.acts [aria-pressed="true"] { color: var(--accent, #0b6157); background: var(--accent-soft, #dfeeea); }
.aside { color: var(--muted, #596067); font-size: 0.875rem; }
.progress { display: flex; align-items: center; gap: 0.6rem; max-width: 44rem; margin: 1.25rem auto 0; color: var(--muted, #596067); font-size: 0.9rem; }
.dot { width: 0.6rem; height: 0.6rem; border-radius: 50%; background: var(--accent, #0b6157); animation: breathe 1.2s ease-in-out infinite; }
@keyframes breathe { 50% { opacity: 0.25; } }
@media (prefers-reduced-motion: reduce) { .dot { animation: none; } }
.trouble { max-width: 44rem; margin: 1.25rem auto 0; display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 0.5rem 1rem; padding: 0.6rem 1rem; border: 1px solid var(--danger, #a3261d); border-radius: 0.6rem; background: var(--danger-soft, #fbe8e6); color: var(--danger, #a3261d); font-size: 0.9rem; }
.notice { border-color: var(--line, #dcd9d0); background: var(--warn-soft, #fbefd9); color: var(--warn, #7a4a00); }
.plain { min-height: 2.25rem; padding: 0 0.85rem; border: 1px solid var(--edge, #858a8f); border-radius: 0.5rem; background: var(--surface, #fff); color: var(--ink, #1d2226); font-weight: 500; font-size: 0.9rem; }
.plain:hover { background: var(--sunken, #eceae3); }
.start { max-width: 44rem; min-height: 100%; margin: 0 auto; display: grid; align-content: center; gap: 1.25rem; }
.start h3 { margin: 0; font-size: 1.5rem; font-weight: 600; letter-spacing: -0.01em; text-align: center; text-wrap: balance; }
.prompts { display: grid; gap: 0.5rem; justify-content: center; }
.prompts .plain { min-height: 2.75rem; padding: 0.4rem 1rem; text-align: left; font-weight: 400; font-size: 1rem; }
form.composer { padding: 0.75rem 1rem 1rem; border-top: 1px solid var(--line, #dcd9d0); }
.box { max-width: 44rem; margin: 0 auto; display: flex; align-items: end; gap: 0.5rem; padding: 0.35rem 0.35rem 0.35rem 1rem; border: 1px solid var(--edge, #858a8f); border-radius: 1.4rem; background: var(--surface, #fff); }
.box:focus-within { outline: 2px solid var(--focus, #1452c4); outline-offset: 1px; }
.box textarea { flex: 1; min-width: 0; resize: none; border: 0; outline: 0; background: none; padding: 0.45rem 0; max-height: 9rem; line-height: 1.4; field-sizing: content; }
.box textarea::placeholder { color: var(--muted, #596067); opacity: 1; }
.go { display: grid; place-items: center; flex: none; width: 2.5rem; height: 2.5rem; border: 0; border-radius: 50%; background: var(--accent, #0b6157); color: var(--on-accent, #fff); }
.go:disabled { background: var(--sunken, #eceae3); color: var(--muted, #596067); cursor: not-allowed; }
.disclaimer { max-width: 44rem; margin: 0.5rem auto 0; text-align: center; font-size: 0.8rem; color: var(--muted, #596067); }
.history .scroll { padding: 0.75rem; }
.history { position: absolute; inset: 0; z-index: 2; display: grid; grid-template: auto minmax(0, 1fr) / minmax(0, 1fr); background: var(--surface, #fff); }
.threads { list-style: none; margin: 0; padding: 0; display: grid; grid-template-columns: minmax(0, 1fr); gap: 0.15rem; align-content: start; }
.threads li { display: flex; align-items: center; gap: 0.15rem; border-radius: 0.6rem; }
.threads li:hover { background: var(--paper, #f6f5f1); }
.threads .open { flex: 1; min-width: 0; min-height: 2.75rem; padding: 0 0.75rem; border: 0; border-radius: 0.6rem; background: none; text-align: left; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.threads .open[aria-current="true"] { font-weight: 600; color: var(--accent-strong, #084a43); }
.threads form { flex: 1; display: flex; gap: 0.4rem; padding: 0.25rem 0.5rem; }
.threads input { flex: 1; min-width: 0; min-height: 2.25rem; padding: 0 0.6rem; border: 1px solid var(--edge, #858a8f); border-radius: 0.5rem; background: var(--surface, #fff); }
.more { justify-self: center; margin: 0.5rem auto; display: block; }
.hidden-text { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
`;

let sheet: CSSStyleSheet | null = null;

export function styleSheet(): CSSStyleSheet {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
  }
  return sheet;
}
