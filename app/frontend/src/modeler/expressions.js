/** FEEL that BPMN keeps in its own elements: conditions of flows, scripts; and which table a decision uses. */
import { TextAreaEntry, isTextAreaEntryEdited } from "@bpmn-io/properties-panel";
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
