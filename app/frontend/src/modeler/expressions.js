/** What BPMN keeps in its own elements: conditions of flows, events and loops, scripts; and which table a decision uses. */
import { CheckboxEntry, TextAreaEntry, TextFieldEntry, isCheckboxEntryEdited, isTextAreaEntryEdited, isTextFieldEntryEdited } from "@bpmn-io/properties-panel";
import { h } from "@bpmn-io/properties-panel/preact";
import { useService } from "bpmn-js-properties-panel";
import { t } from "../lib/i18n.js";
import { selectEntry } from "./entries.js";

export function conditionEntry(element) {
  return { id: "onedoor-condition", element, component: Condition, isEdited: isTextAreaEntryEdited };
}

export function scriptEntry(element) {
  return { id: "onedoor-script", element, component: Script, isEdited: isTextAreaEntryEdited };
}

export function decisionEntry(element, decisions) {
  const choices = () => [{ value: "", label: t("None") }, ...decisions.map((name) => ({ value: name, label: name }))];
  return selectEntry({ id: "onedoor-decision", element, type: "Decision", attribute: "ref", label: t("Decision table"), choices });
}

/** What a call activity calls. */
export function calledEntry(element) {
  return { id: "onedoor-called", element, component: Called, isEdited: isTextFieldEntryEdited };
}

function Called({ element, id }) {
  const modeling = useService("modeling");
  const debounce = useService("debounceInput");
  return h(TextFieldEntry, {
    element, id, debounce, label: t("Process called"), description: t("The id of a process in this diagram, or the key of a published procedure"),
    getValue: () => element.businessObject.calledElement ?? "", setValue: (value) => modeling.updateProperties(element, { calledElement: value || undefined }),
  });
}

/** The condition of a conditional event; it happens when this becomes true. */
export function eventConditionEntry(element, definition) {
  const labels = { label: t("Happens when (FEEL)"), description: t("Looked at after each step; true once is once.") };
  return { id: "onedoor-event-condition", element, owner: definition, property: "condition", ...labels, component: Formal, isEdited: isTextAreaEntryEdited };
}

/** How often a task is done again (a standard loop). */
export function loopEntries(element, loop) {
  const shared = { element, owner: loop };
  return [
    { ...shared, id: "onedoor-loop-condition", property: "loopCondition", label: t("Again while (FEEL)"), component: Formal, isEdited: isTextAreaEntryEdited },
    { ...shared, id: "onedoor-loop-maximum", component: LoopMaximum, isEdited: isTextFieldEntryEdited },
    { ...shared, id: "onedoor-loop-before", component: LoopBefore, isEdited: isCheckboxEntryEdited },
  ];
}

function Formal({ element, id, owner, property, label, description }) {
  const modeling = useService("modeling");
  const factory = useService("bpmnFactory");
  const debounce = useService("debounceInput");
  const write = (body) => modeling.updateModdleProperties(element, owner, { [property]: body ? formal(factory, owner, body) : undefined });
  return h(TextAreaEntry, { element, id, debounce, monospace: true, rows: 2, label, description, getValue: () => owner[property]?.body ?? "", setValue: write });
}

function formal(factory, owner, body) {
  const expression = factory.create("bpmn:FormalExpression", { body });
  expression.$parent = owner;
  return expression;
}

function LoopMaximum({ element, id, owner }) {
  const modeling = useService("modeling");
  const debounce = useService("debounceInput");
  const write = (value) => modeling.updateModdleProperties(element, owner, { loopMaximum: value ? Number(value) : undefined });
  return h(TextFieldEntry, {
    element, id, debounce, label: t("At most so many times"), getValue: () => String(owner.loopMaximum ?? ""), setValue: write,
    validate: (value) => (!value || /^[1-9]\d{0,3}$/.test(value) ? undefined : t("A whole number such as 3.")),
  });
}

function LoopBefore({ element, id, owner }) {
  const modeling = useService("modeling");
  const write = (value) => modeling.updateModdleProperties(element, owner, { testBefore: value });
  return h(CheckboxEntry, { element, id, label: t("Ask before the first time"), getValue: () => Boolean(owner.testBefore), setValue: write });
}

function Condition({ element, id }) {
  const modeling = useService("modeling");
  const factory = useService("bpmnFactory");
  const debounce = useService("debounceInput");
  const write = (value) => modeling.updateProperties(element, { conditionExpression: value ? factory.create("bpmn:FormalExpression", { body: value }) : undefined });
  return h(TextAreaEntry, {
    element, id, debounce, monospace: true, rows: 2, label: t("Taken when (FEEL)"), description: t("For example: appraise.choice = \"supplement\""),
    getValue: () => element.businessObject.conditionExpression?.body ?? "", setValue: write,
  });
}

function Script({ element, id }) {
  const modeling = useService("modeling");
  const debounce = useService("debounceInput");
  return h(TextAreaEntry, {
    element, id, debounce, monospace: true, rows: 3, label: t("Computed value (FEEL)"),
    getValue: () => element.businessObject.script ?? "", setValue: (value) => modeling.updateProperties(element, { script: value || undefined }),
  });
}
