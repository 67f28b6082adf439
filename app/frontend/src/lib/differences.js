import { t } from "./i18n.js";

const WORDS = { added: "Added", removed: "Removed", changed: "Changed", moved: "Moved" };
const PROPERTIES = {
  name: "Name", default: "default way", condition: "condition", script: "computed value", "names.en": "English name",
  "step.kind": "Kind of step", "step.role": "Role", "step.unit": "Unit", "step.hours": "Working hours",
  "step.onlineHours": "Working hours when filed online", "step.status": "Status on entering", "step.clock": "Clock", "step.form": "Form",
  "step.needsFile": "needs a file", "start.form": "Filing form", "end.status": "Status at the end", "decision.ref": "Decision table",
  "choice.name": "Vietnamese name", "choice.nameEn": "English name", "choice.kind": "kind", "choice.when": "offered when",
};
const UNSPOKEN = new Set(["$type", "id", "incoming", "outgoing", "di", "flowNodeRef", "sourceRef", "targetRef"]);

export function wordOf(kind) {
  return t(WORDS[kind]);
}

/**
 * What bpmn-js-differ found, one line per element: [{id, kind, name, details: [sentence]}], the weightiest first.
 * The properties of steps live in extension elements, where the differ only says that something differs; they are compared here.
 */
export function changesOf(found, before, after) {
  const old = elementsOf(before);
  const fresh = elementsOf(after);
  const changed = [...fresh.keys()].filter((id) => old.has(id) && !found._added[id] && (found._changed[id] || attributesOf(old.get(id)) !== attributesOf(fresh.get(id))));
  return [
    ...Object.values(found._removed).map((element) => change(element, "removed")),
    ...Object.values(found._added).map((element) => change(element, "added")),
    ...changed.map((id) => change(fresh.get(id), "changed", details(old.get(id), fresh.get(id)))),
    ...Object.values(found._layoutChanged).filter((element) => !changed.includes(element.id)).map((element) => change(element, "moved")),
  ];
}

function change(element, kind, sentences = []) {
  return { id: element.id, kind, name: element.name || element.id, details: sentences };
}

/** Every element with an id below the definitions. */
function elementsOf(definitions) {
  const found = new Map();
  const visit = (element) => {
    if (element.id) found.set(element.id, element);
    [element.rootElements, element.participants, element.laneSets, element.lanes, element.flowElements].flat().filter(Boolean).forEach(visit);
  };
  visit(definitions);
  return found;
}

/** "name" and "step.hours" → their values as text. */
function spoken(element) {
  const values = new Map();
  for (const [key, value] of Object.entries(element)) if (!UNSPOKEN.has(key) && ["string", "boolean", "number"].includes(typeof value)) values.set(key, String(value));
  if (element.conditionExpression) values.set("condition", element.conditionExpression.body ?? "");
  if (element.script) values.set("script", element.script);
  (element.extensionElements?.values ?? []).forEach((extension) => {
    const [, type] = extension.$type.split(":");
    const owner = type === "Choice" || type === "choice" ? `choice ${extension.id}` : type.toLowerCase();
    for (const [key, value] of Object.entries(extension)) if (key !== "$type" && typeof value === "string") values.set(`${owner}.${key}`, value);
  });
  return values;
}

function attributesOf(element) {
  return JSON.stringify([...spoken(element)].sort());
}

function details(before, after) {
  const [old, fresh] = [spoken(before), spoken(after)];
  return [...new Set([...old.keys(), ...fresh.keys()])].filter((key) => old.get(key) !== fresh.get(key))
    .map((key) => t("{property}: {before} → {after}", { property: propertyName(key), before: old.get(key) ?? "–", after: fresh.get(key) ?? "–" }));
}

function propertyName(key) {
  const [, choice, property] = key.match(/^choice (\S+)\.(\w+)$/) ?? [];
  if (choice) return `${t("choice {id}", { id: choice })}, ${t(PROPERTIES[`choice.${property}`] ?? property)}`;
  return t(PROPERTIES[key] ?? key);
}
