/** What every diagram on a page shares: import in the reader's language, marks on elements, zoom. */
import NavigatedViewer from "bpmn-js/lib/NavigatedViewer";
import onedoor from "../moddle/onedoor.json";
import { button, h } from "./dom.js";
import { fetchText } from "./http.js";
import { language, t, translateModule } from "./i18n.js";

export const bpmnOptions = {
  moddleExtensions: { onedoor },
  additionalModules: [translateModule],
  bpmnRenderer: { defaultStrokeColor: "#36434f", defaultLabelColor: "#1a2530" },
  textRenderer: { defaultStyle: { fontFamily: "\"Be Vietnam Pro\", sans-serif" } },
};
const MARGIN = 16;
const LARGEST = 1.25;
/** Below this scale the names cannot be read; a reader then starts at READABLE, where the work is. */
const SMALLEST = 0.55;
const READABLE = 0.8;
const LABEL_WIDTH = 90;
const MARK_CLASS = /^od-/;

/** A viewer of `xml` in `element`, fitted to its place. */
export async function showDiagram(element, { xml, xml_url }) {
  const place = h("div", { class: "canvas" });
  element.append(place);
  const viewer = new NavigatedViewer({ container: place, ...bpmnOptions });
  viewer.on("import.parse.complete", ({ definitions }) => definitions && useReadersNames(definitions));
  await fontsReady();
  await viewer.importXML(xml ?? (await fetchText(xml_url)));
  prepare(viewer, place);
  return viewer;
}

/** Names are measured while they are drawn, which must not happen in another font. */
export function fontsReady() {
  return Promise.all(["12px \"Be Vietnam Pro\"", "500 12px \"Be Vietnam Pro\""].map((font) => document.fonts.load(font, "Tiếng Việt"))).catch(() => []);
}

/** The page scrolls with the wheel; the diagram zooms with Ctrl and moves by dragging. */
function prepare(viewer, place) {
  place.addEventListener("wheel", (event) => { if (!event.ctrlKey) event.stopPropagation(); }, { capture: true });
  place.querySelector("svg")?.setAttribute("aria-label", t("Diagram: arrow keys with Ctrl move it. The steps stand in the list beside it."));
  place.querySelector("svg")?.setAttribute("role", "img");
  look(viewer);
  place.append(zoomButtons(viewer));
  new ResizeObserver(() => viewer.get("canvas").resized()).observe(place);
}

/** Shows the whole diagram with a margin, and `left` more pixels on the left for what lies over the canvas. */
export function fit(viewer, left = 0) {
  const { inner, outer } = viewer.get("canvas").viewbox();
  if (!inner.width || !inner.height) return;
  const scale = Math.min((outer.width - left - 2 * MARGIN) / inner.width, (outer.height - 2 * MARGIN) / inner.height, LARGEST);
  const [width, height] = [outer.width / scale, outer.height / scale];
  const x = inner.x + inner.width / 2 - width / 2 - left / 2 / scale;
  const above = Math.min((height - inner.height) / 2, (3 * MARGIN) / scale);
  viewer.get("canvas").viewbox({ x, y: inner.y - above, width, height });
}

/** The whole diagram where it can be read; otherwise the part around an element (or the start). */
export function look(viewer, id) {
  fit(viewer);
  if (viewer.get("canvas").zoom() < SMALLEST) centre(viewer, id, READABLE);
}

/** Brings an element (or the start) into the middle, as far as the diagram's borders allow. */
export function centre(viewer, id, scale = viewer.get("canvas").zoom()) {
  const { inner, outer } = viewer.get("canvas").viewbox();
  const element = viewer.get("elementRegistry").get(id) ?? viewer.get("elementRegistry").find((each) => each.type === "bpmn:StartEvent");
  if (!element) return;
  const [width, height] = [outer.width / scale, outer.height / scale];
  const x = within(middleOf(element).x - width / 2, inner.x - MARGIN, inner.x + inner.width + MARGIN - width);
  const y = within(middleOf(element).y - height / 2, inner.y - MARGIN, inner.y + inner.height + MARGIN - height);
  viewer.get("canvas").viewbox({ x, y, width, height });
}

/** Where a diagram is smaller than the view it keeps its place in the middle. */
function within(value, least, most) {
  return most < least ? (least + most) / 2 : Math.max(least, Math.min(value, most));
}

function middleOf({ x, y, width, height, waypoints }) {
  return waypoints ? waypoints[Math.floor(waypoints.length / 2)] : { x: x + width / 2, y: y + height / 2 };
}

/** The middle of the view goes to an element that cannot be seen or read where it is. */
export function keepInSight(viewer, id) {
  const element = viewer.get("elementRegistry").get(id);
  const { x, y, width, height, scale } = viewer.get("canvas").viewbox();
  if (!element || scale < SMALLEST / 2) return;
  const middle = middleOf(element);
  const isSeen = middle.x > x + width * 0.1 && middle.x < x + width * 0.9 && middle.y > y + height * 0.1 && middle.y < y + height * 0.9;
  if (!isSeen) centre(viewer, id);
}

function zoomButtons(viewer) {
  const step = (by) => () => viewer.get("zoomScroll").stepZoom(by);
  return h("div", { class: "zoom-buttons" },
    button("+", step(1), { "aria-label": t("Zoom in") }),
    button("−", step(-1), { "aria-label": t("Zoom out") }),
    button(t("Fit"), () => fit(viewer)));
}

/** In English the diagram shows the English names that its elements carry. */
function useReadersNames(definitions) {
  if (language !== "en") return;
  visit(definitions, new Set());
  for (const drawn of definitions.diagrams?.[0]?.plane?.planeElement ?? []) widenLabel(drawn);
}

/** Labels were given room for the Vietnamese name. */
function widenLabel({ label, bpmnElement }) {
  const words = (bpmnElement?.name ?? "").split(/\s+/);
  if (!label?.bounds) return;
  const wanted = Math.min(LABEL_WIDTH, 8 * Math.max(...words.map((word) => word.length)) + 6);
  const missing = Math.max(0, wanted - label.bounds.width);
  label.bounds.x -= missing / 2;
  label.bounds.width += missing;
}

function visit(element, seen) {
  if (seen.has(element)) return;
  seen.add(element);
  const english = element.extensionElements?.values?.find((value) => value.$type === "onedoor:Names")?.en;
  if (english) element.name = english;
  for (const part of [element.rootElements, element.participants, element.laneSets, element.lanes, element.flowElements].flat()) {
    if (part) visit(part, seen);
  }
}

/** Removes every mark and overlay, then marks what a moment of a dossier shows. */
export function markMoment(viewer, { tokens = [], passed = [], flows = [] }) {
  clearMarks(viewer);
  for (const id of [...passed, ...flows]) addMark(viewer, id, "od-passed");
  for (const token of tokens) {
    addMark(viewer, token.element, "od-token");
    if (token.state) addMark(viewer, token.element, `od-token-${token.state}`);
  }
  for (const [id, group] of byElement(tokens)) addBadge(viewer, id, "od-badge", [...new Set(group.map((token) => token.holder ?? token.label).filter(Boolean))].join(", ") || "●");
}

export function clearMarks(viewer) {
  const canvas = viewer.get("canvas");
  viewer.get("overlays").clear();
  for (const element of viewer.get("elementRegistry").getAll()) {
    const graphics = viewer.get("elementRegistry").getGraphics(element);
    for (const name of [...(graphics?.classList ?? [])].filter((each) => MARK_CLASS.test(each))) canvas.removeMarker(element, name);
  }
}

export function addMark(viewer, id, name) {
  if (viewer.get("elementRegistry").get(id)) viewer.get("canvas").addMarker(id, name);
}

/** A small text on the upper left corner of an element, or below it. */
export function addBadge(viewer, id, className, text, position = { top: -11, left: 8 }) {
  if (!viewer.get("elementRegistry").get(id)) return;
  viewer.get("overlays").add(id, { position, html: h("div", { class: className }, text) });
}

/** A colour on an element, and below it the same in a word, with a figure. */
export function addMeasure(viewer, { element, word, label, text }) {
  addMark(viewer, element, `od-measured-${word}`);
  const lines = [h("b", {}, label), text ? h("span", {}, text) : null].filter(Boolean);
  addBadge(viewer, element, `od-measure od-measure-${word}`, lines, { bottom: 6, left: 4 });
}

/** One badge per element with findings: how many, the sentences as its title. */
export function markFindings(viewer, findings) {
  for (const [id, group] of byElement(findings)) {
    const severity = group.some((finding) => finding.severity === "error") ? "error" : "warning";
    addMark(viewer, id, `od-finding-${severity}`);
    if (!viewer.get("elementRegistry").get(id)) continue;
    const badge = h("div", { class: `od-finding od-finding-badge-${severity}`, title: group.map((finding) => finding.message).join("\n") }, String(group.length));
    viewer.get("overlays").add(id, "finding", { position: { bottom: 10, right: 12 }, html: badge });
  }
}

/** Brings an element into sight; in a modeler it is selected too. */
export function showElement(viewer, id) {
  const element = viewer.get("elementRegistry").get(id);
  if (!element) return false;
  if (viewer.get("canvas").zoom() < SMALLEST) centre(viewer, id, READABLE);
  else viewer.get("canvas").scrollToElement(element, 80);
  viewer.get("selection", false)?.select(element);
  return true;
}

/** Buttons anywhere on the page marked data-select-element show their element in this diagram. */
export function followPage(viewer) {
  document.addEventListener("click", (event) => {
    const source = event.target.closest?.("[data-select-element]");
    if (!source || !showElement(viewer, source.dataset.selectElement)) return;
    for (const element of viewer.get("elementRegistry").getAll()) viewer.get("canvas").removeMarker(element, "od-looked-at");
    addMark(viewer, source.dataset.selectElement, "od-looked-at");
  });
}

function byElement(items) {
  const groups = new Map();
  for (const item of items) if (item.element) groups.set(item.element, [...(groups.get(item.element) ?? []), item]);
  return groups;
}
