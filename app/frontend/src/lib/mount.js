/**
 * Islands: `<div data-island="form" data-source="id-of-json">`. Each loads its own script and style when it is on
 * the page; its data is the JSON element named in data-source, or what data-url answers.
 */
import { h, loadStyle } from "./dom.js";
import { fetchJson } from "./http.js";
import { t } from "./i18n.js";

const ISLANDS = {
  form: { load: () => import("../islands/form.js"), style: "form.css" },
  diagram: { load: () => import("../islands/diagram.js"), style: "diagram.css" },
  replay: { load: () => import("../islands/replay.js"), style: "diagram.css" },
  diff: { load: () => import("../islands/diff.js"), style: "diagram.css" },
  modeler: { load: () => import("../islands/modeler.js"), style: "modeler.css" },
  "form-editor": { load: () => import("../islands/form-editor.js"), style: "form-editor.css" },
};

/** Mounts every island below `root` that is not mounted yet. */
export function mountIslands(root) {
  const waiting = root.querySelectorAll("[data-island]:not([data-mounted])");
  return Promise.all([...waiting].map(mountIsland));
}

async function mountIsland(element) {
  const island = ISLANDS[element.dataset.island];
  element.dataset.mounted = "loading";
  try {
    const [module, data] = await Promise.all([island.load(), dataOf(element), loadStyle(styleUrl(island.style))]);
    element.replaceChildren();
    await module.mount(element, data);
    element.dataset.mounted = "ready";
  } catch (error) {
    element.dataset.mounted = "failed";
    element.replaceChildren(h("p", { class: "island-error", role: "alert" }, t("This part of the page could not be shown: {reason}", { reason: error.message })));
  }
}

function styleUrl(name) {
  return new URL(STYLES[name], import.meta.url).href;
}

async function dataOf(element) {
  if (element.dataset.url) return fetchJson(element.dataset.url);
  return JSON.parse(document.getElementById(element.dataset.source).textContent);
}
