/**
 * The diagram editor.
 *
 * Data: {xml, revision, url_save, url_check, procedure (content of procedure.json), roles: [{code, name}],
 * units: [{code, name}], forms: [key], decisions: [name], connectors: [name], findings?: [finding], readonly}.
 * Saving: PUT url_save {xml, revision} → {revision}. Checking: POST url_check {xml} → {findings: [{severity, element,
 * message}]}. After a save every `input[name=revision]` of the page holds the new revision.
 */
import Modeler from "bpmn-js/lib/Modeler";
import { BpmnPropertiesPanelModule, BpmnPropertiesProviderModule } from "bpmn-js-properties-panel";
import { setUnsaved } from "../behaviours/unsaved.js";
import { bpmnOptions, fit, followPage, fontsReady, markFindings, showDiagram, showElement } from "../lib/canvas.js";
import { conflictBox } from "../lib/conflict.js";
import { button, h } from "../lib/dom.js";
import { send } from "../lib/http.js";
import { language, t } from "../lib/i18n.js";
import { Extensions } from "../modeler/extensions.js";
import { Factory } from "../modeler/ids.js";
import { averageHours, limitHours, longestHours } from "../modeler/hours.js";
import { Menus } from "../modeler/menus.js";
import { Palette } from "../modeler/palette.js";
import { Panel } from "../modeler/panel.js";

const onedoorModule = {
  __init__: ["onedoorMenus", "onedoorPanel"],
  bpmnFactory: ["type", Factory],
  paletteProvider: ["type", Palette],
  onedoorExtensions: ["type", Extensions],
  onedoorMenus: ["type", Menus],
  onedoorPanel: ["type", Panel],
};

export async function mount(element, data) {
  if (data.readonly) {
    element.classList.add("is-readonly");
    const viewer = await showDiagram(element, data);
    markFindings(viewer, data.findings ?? []);
    followPage(viewer);
    return;
  }
  const parts = layout();
  element.append(parts.root);
  const modeler = await openModeler(parts, data);
  new Studio(modeler, parts, data).listen();
}

async function openModeler(parts, data) {
  const { roles = [], units = [], forms = [], decisions = [], connectors = [] } = data;
  const modeler = new Modeler({
    container: parts.canvas,
    propertiesPanel: { parent: parts.panel },
    moddleExtensions: bpmnOptions.moddleExtensions,
    additionalModules: [...bpmnOptions.additionalModules, BpmnPropertiesPanelModule, BpmnPropertiesProviderModule, onedoorModule],
    bpmnRenderer: bpmnOptions.bpmnRenderer,
    textRenderer: bpmnOptions.textRenderer,
    onedoor: { roles, units, forms, decisions, connectors },
  });
  await fontsReady();
  await modeler.importXML(data.xml);
  fitBeside(modeler);
  return modeler;
}

/** The palette lies over the canvas; the diagram is shown beside it. */
function fitBeside(modeler) {
  const palette = modeler.get("canvas").getContainer().querySelector(".djs-palette");
  fit(modeler, palette ? palette.offsetLeft + palette.offsetWidth : 0);
}

function layout() {
  const parts = {
    save: button(t("Save"), null, { class: "btn btn-sm btn-primary", title: "Ctrl+S" }),
    check: button(t("Check")),
    undo: button(t("Undo"), null, { title: "Ctrl+Z" }),
    redo: button(t("Redo"), null, { title: "Ctrl+Y" }),
    fit: button(t("Fit")),
    state: h("span", { class: "modeler-state", role: "status" }),
    hours: h("span", { class: "modeler-hours" }),
    canvas: h("div", { class: "modeler-canvas" }),
    panel: h("div", { class: "modeler-panel", role: "region", "aria-label": t("Properties") }),
    trouble: h("div"),
    findings: h("section", { class: "modeler-findings", "aria-label": t("Findings"), hidden: true }),
  };
  const bar = h("div", { class: "modeler-bar" }, parts.save, parts.check, parts.undo, parts.redo, parts.fit, parts.state, parts.hours);
  parts.root = h("div", { class: "modeler" }, bar, parts.trouble, h("div", { class: "modeler-body" }, parts.canvas, parts.panel), parts.findings);
  return parts;
}

function written(hours) {
  return hours.toLocaleString(language);
}

class Studio {
  constructor(modeler, parts, data) {
    Object.assign(this, { modeler, parts, data, revision: data.revision });
  }

  listen() {
    const { parts, modeler } = this;
    const stack = modeler.get("commandStack");
    parts.save.addEventListener("click", () => this.save());
    parts.check.addEventListener("click", () => this.check());
    parts.undo.addEventListener("click", () => stack.undo());
    parts.redo.addEventListener("click", () => stack.redo());
    parts.fit.addEventListener("click", () => fitBeside(modeler));
    modeler.on("commandStack.changed", () => this.changed());
    document.addEventListener("keydown", (event) => this.key(event));
    followPage(modeler);
    this.showState(t("Saved"), false);
    this.showHours();
    this.showFindings(this.data.findings ?? []);
    this.showUndo();
  }

  key(event) {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "s") return;
    event.preventDefault();
    this.save();
  }

  changed() {
    this.showState(t("Not saved yet"), true);
    this.showHours();
    this.showUndo();
  }

  /** The panel writes a field when it is left; what is being typed belongs to the diagram too. */
  async xml() {
    if (this.parts.panel.contains(document.activeElement)) document.activeElement.blur();
    const { xml } = await this.modeler.saveXML({ format: true });
    return xml;
  }

  async save(revision = this.revision) {
    const xml = await this.xml();
    this.parts.save.disabled = true;
    try {
      const saved = await send("PUT", this.data.url_save, { xml, revision });
      this.revision = saved.revision;
      this.parts.trouble.replaceChildren();
      for (const field of document.querySelectorAll("input[name=revision]")) field.value = saved.revision;
      this.showState(t("Saved"), false);
    } catch (error) {
      this.showRefusal(error);
    } finally {
      this.parts.save.disabled = false;
    }
  }

  showRefusal(error) {
    const own = async () => ({ name: `${this.data.procedure.code}.bpmn`, text: await this.xml() });
    const box = conflictBox(error, { own, overwrite: (revision) => this.save(revision), owner: this });
    this.showState(box ? t("Not saved yet") : error.message, true, true);
    this.parts.trouble.replaceChildren(box ?? "");
    box?.focus();
  }

  async check() {
    const xml = await this.xml();
    this.parts.check.disabled = true;
    try {
      const { findings } = await send("POST", this.data.url_check, { xml });
      this.showFindings(findings, true);
    } catch (error) {
      this.showState(error.message, true, true);
    } finally {
      this.parts.check.disabled = false;
    }
  }

  showState(text, isDirty, isWrong = false) {
    setUnsaved(this, isDirty);
    this.parts.state.textContent = text;
    this.parts.state.className = `modeler-state${isWrong ? " is-wrong" : isDirty ? " is-dirty" : ""}`;
  }

  showUndo() {
    const stack = this.modeler.get("commandStack");
    this.parts.undo.disabled = !stack.canUndo();
    this.parts.redo.disabled = !stack.canRedo();
  }

  /** The longest way's hours against the procedure's own limits. */
  showHours() {
    const { direct, online } = longestHours(this.modeler.get("elementRegistry"));
    const { statutory, reduced } = this.data.procedure?.limits ?? {};
    const [law, target] = [limitHours(statutory), limitHours(reduced)];
    const texts = [t("Longest way: {hours} h", { hours: written(direct) })];
    if (online !== direct) texts.push(t("online {hours} h", { hours: written(online) }));
    if (target) texts.push(t("target {hours} h", { hours: written(target) }));
    const percent = (allowed) => Math.round((1 - direct / allowed) * 100);
    if (law) texts.push(t("law {hours} h, cut by {percent} %", { hours: written(law), percent: percent(law) }));
    else if (statutory?.value) texts.push(t("law {days} calendar days, cut by about {percent} %", { days: written(statutory.value), percent: percent(averageHours(statutory)) }));
    const left = target ? target - Math.max(direct, online) : 0;
    if (left > 0) texts.push(t("{hours} h not given to any step", { hours: written(left) }));
    if (left < 0) texts.push(t("{hours} h too many", { hours: written(-left) }));
    this.parts.hours.textContent = texts.join(" · ");
    this.parts.hours.classList.toggle("is-off", left !== 0);
  }

  showFindings(findings, isAsked = false) {
    const overlays = this.modeler.get("overlays");
    overlays.remove({ type: "finding" });
    for (const element of this.modeler.get("elementRegistry").getAll()) {
      for (const mark of ["od-finding-error", "od-finding-warning"]) this.modeler.get("canvas").removeMarker(element, mark);
    }
    markFindings(this.modeler, findings);
    this.parts.findings.hidden = !findings.length && !isAsked;
    const title = findings.length ? t("Findings: {count}", { count: findings.length }) : t("Nothing was found.");
    this.parts.findings.replaceChildren(h("h2", {}, title), h("ul", { class: "findings" }, findings.map((finding) => this.findingLine(finding))));
  }

  findingLine({ severity, element, message }) {
    const isError = severity === "error";
    const word = h("span", { class: `flag flag-${isError ? "danger" : "warning"}` }, t(isError ? "Error" : "Warning"));
    const text = element ? h("button", { type: "button", class: "link-button", onclick: () => showElement(this.modeler, element) }, message) : message;
    const name = element && this.modeler.get("elementRegistry").get(element)?.businessObject.name;
    return h("li", {}, word, " ", text, name ? h("span", { class: "finding-name" }, ` ${name}`) : null);
  }
}
