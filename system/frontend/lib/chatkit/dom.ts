/** Builds elements without markup strings, so that no text is ever parsed as HTML. */

type Child = Node | string | null | false;
type Attributes = Readonly<Record<string, string | boolean | ((event: Event) => void) | undefined>>;

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (typeof value === "string") element.setAttribute(name, value);
  }
  element.append(...children.filter((child): child is Node | string => child !== null && child !== false));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** A decorative line icon from one path. */
export function icon(path: string): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  for (const [name, value] of Object.entries({ viewBox: "0 0 20 20", "aria-hidden": "true", class: "icon" })) {
    svg.setAttribute(name, value);
  }
  const shape = document.createElementNS(SVG, "path");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}

export const ICONS = {
  send: "M10 16V4.5M5 9.5l5-5 5 5",
  stop: "M6 6h8v8H6z",
  fresh: "M10 4v12M4 10h12",
  history: "M4 10a6 6 0 1 0 2-4.5L4 7.2M4 3.6v3.6h3.6M10 7v3.2l2.2 1.6",
  close: "m5.5 5.5 9 9M14.5 5.5l-9 9",
  retry: "M15.6 8A6 6 0 1 0 16 11M16 4.4V8h-3.6",
  rename: "m4 16 .8-3.4L13 4.4a1.4 1.4 0 0 1 2 0l.6.6a1.4 1.4 0 0 1 0 2L7.4 15.2 4 16Z",
  remove: "M4 6h12M8 6V4.2h4V6M5.6 6l.7 9.8h7.4l.7-9.8",
  good: "M4 9.5h2.6V16H4zM6.6 9.5 9.4 4a1.6 1.6 0 0 1 1.6 2l-.6 2.4h4a1.4 1.4 0 0 1 1.4 1.7l-1 4.6A1.6 1.6 0 0 1 13.200 16H6.600",
  bad: "M16 10.500h-2.600V4H16zM13.400 10.500 10.600 16A1.600 1.600 0 0 1 9 14l.6-2.400h-4a1.400 1.400 0 0 1-1.400-1.700l1-4.600A1.600 1.600 0 0 1 6.800 4h6.600",
} as const;
