/** OneDoor's groups in the properties panel: what a step is, who does it, in what time, with which form and choices. */
import { Group } from "@bpmn-io/properties-panel";
import { is } from "bpmn-js/lib/util/ModelUtil";
import { pick, t } from "../lib/i18n.js";
import { choicesGroup } from "./choices.js";
import { checkboxEntry, selectEntry, textEntry } from "./entries.js";
import { calledEntry, conditionEntry, decisionEntry, eventConditionEntry, loopEntries, scriptEntry } from "./expressions.js";
import { extensionOf } from "./extensions.js";
import { callGroups, definitionsOf, handsOver, hasMessage, inputsGroup, listens } from "./handovers.js";

const KINDS = [
  ["receive", "Reception"], ["appraise", "Appraisal"], ["approve", "Approval"], ["stamp", "Stamping"], ["sign", "Electronic signature"],
  ["return", "Return of the result"], ["wait_applicant", "Waiting for the applicant"], ["wait_financial", "Waiting for the financial obligation"],
  ["transfer", "Transfer"], ["consult", "Consultation"],
];
export const STATUSES = [
  "Newly registered", "Accepted", "Not accepted", "In process", "Supplement requested", "Financial obligation",
  "Withdrawn by the applicant", "Stopped", "Done, result ready", "Result returned",
];
const KEPT_GROUPS = new Set(["general", "timer", "message", "signal", "error", "escalation", "link", "compensation", "multiInstance", "adHocCompletion"]);
const STEPS = new Set(["bpmn:Task", "bpmn:UserTask", "bpmn:ManualTask", "bpmn:ReceiveTask"]);
const LATE = 500;
const FORMULA = "=";

export class Panel {
  constructor(propertiesPanel, onedoorExtensions, config) {
    Object.assign(this, { extensions: onedoorExtensions, choices: config });
    propertiesPanel.registerProvider(LATE, this);
  }

  getGroups(element) {
    return (groups) => {
      const kept = groups.filter((group) => KEPT_GROUPS.has(group.id));
      for (const each of kept) each.shouldOpen = true;
      const [general, ...others] = kept;
      return [general, ...this.ownGroups(element), ...others].filter(Boolean);
    };
  }

  ownGroups(element) {
    const isStep = STEPS.has(element.businessObject.$type);
    return [
      group("onedoor-names", "In English", [textEntry({ id: "onedoor-en", element, type: "Names", attribute: "en", label: t("English name") })]),
      isStep && group("onedoor-step", "Step", this.stepEntries(element)),
      isStep && choicesGroup(element, this.extensions),
      group("onedoor-special", "How it works", [...this.specialEntries(element), ...happeningEntries(element), ...repeatEntries(element)]),
      handsOver(element) && inputsGroup(element, this.extensions),
      ...(is(element, "bpmn:CallActivity") ? callGroups(element, this.extensions) : []),
    ].filter((each) => each && (each.items || each.entries.length));
  }

  stepEntries(element) {
    const { roles, units, forms } = this.choices;
    const entry = (key, label, make, more = {}) => make({ id: `onedoor-step-${key}`, element, type: "Step", attribute: key, label: t(label), ...more });
    return [
      entry("kind", "Kind of step", selectEntry, { choices: () => named(KINDS) }),
      entry("role", "Role", selectEntry, { choices: () => [NONE(), ...roles.map(coded)] }),
      entry("unit", "Unit", selectEntry, { choices: () => unitChoices(units, unitOf(element)) }),
      isFormula(element) && entry("unit", "Formula that gives the unit's code (FEEL)", textEntry, { id: "onedoor-step-formula", validate: formulaProblem }),
      entry("hours", "Working hours", textEntry, { validate: hoursProblem }),
      entry("onlineHours", "Working hours when filed online", textEntry, { validate: hoursProblem }),
      entry("status", "Status on entering", textEntry, { description: t("1 to 10, or a formula beginning with ="), validate: statusProblem }),
      entry("clock", "Clock", selectEntry, { choices: () => named([["running", "Running"], ["stopped", "Stopped"]]) }),
      entry("form", "Form", selectEntry, { choices: () => [NONE(), ...plain(forms)] }),
      entry("needsFile", "Needs a file (the signed result)", checkboxEntry),
    ].filter(Boolean);
  }

  specialEntries(element) {
    const { forms, decisions, connectors } = this.choices;
    const select = (id, type, attribute, label, choices) => selectEntry({ id: `onedoor-${id}`, element, type, attribute, label: t(label), choices: () => [NONE(), ...choices] });
    return [
      is(element, "bpmn:StartEvent") && select("start", "Start", "form", "Filing form", plain(forms)),
      listens(element) && select("brings", "Brings", "form", "Form of what it brings", plain(forms)),
      is(element, "bpmn:EndEvent") && select("end", "End", "status", "Status at the end", statuses()),
      is(element, "bpmn:BusinessRuleTask") && decisionEntry(element, decisions),
      is(element, "bpmn:ScriptTask") && scriptEntry(element),
      is(element, "bpmn:ServiceTask") && select("service", "Service", "connector", "Connector", plain(connectors)),
      is(element, "bpmn:CallActivity") && calledEntry(element),
      is(element, "bpmn:SequenceFlow") && conditionEntry(element),
    ].filter(Boolean);
  }
}

Panel.$inject = ["propertiesPanel", "onedoorExtensions", "config.onedoor"];

function group(id, label, entries) {
  return { id, label: t(label), entries, component: Group, shouldOpen: true };
}

/** When an event happens, and which message of several it is. */
function happeningEntries(element) {
  const condition = definitionsOf(element).find((definition) => definition.$type === "bpmn:ConditionalEventDefinition");
  const description = t("A value or FEEL after =, the same at both ends; needed only where several messages have one name.");
  return [
    condition && eventConditionEntry(element, condition),
    hasMessage(element) && textEntry({ id: "onedoor-correlation", element, type: "Correlation", attribute: "value", label: t("Told apart by"), description }),
  ].filter(Boolean);
}

function repeatEntries(element) {
  const owner = element.businessObject.loopCharacteristics;
  if (!owner) return [];
  if (is(owner, "bpmn:StandardLoopCharacteristics")) return loopEntries(element, owner);
  const text = (id, attribute, label) => textEntry({ id: `onedoor-loop-${id}`, element, owner, type: "Loop", attribute, label: t(label) });
  return [text("collection", "collection", "Once for each of (FEEL)"), text("item", "item", "Name of the one")];
}

const NONE = () => ({ value: "", label: t("None") });
const named = (pairs) => [NONE(), ...pairs.map(([value, label]) => ({ value, label: t(label) }))];
const plain = (names) => names.map((name) => ({ value: name, label: name }));
const coded = ({ code, name }) => ({ value: code, label: pick(name) });
const statuses = () => STATUSES.map((name, index) => ({ value: String(index + 1), label: `${index + 1} – ${t(name)}` }));

function hoursProblem(value) {
  if (!value || value.startsWith("=") || /^\d+(\.\d+)?$/.test(value)) return undefined;
  return t("A number of hours such as 5 or 1.5.");
}

function statusProblem(value) {
  if (!value || value.startsWith("=") || /^([1-9]|10)$/.test(value)) return undefined;
  return t("A status is a number from 1 to 10.");
}

/** A formula is written in a field of its own; the list then stands on "By a formula". */
function isFormula(element) {
  return unitOf(element).startsWith(FORMULA);
}

function unitOf(element) {
  return extensionOf(element.businessObject, "Step")?.unit ?? "";
}

function unitChoices(units, current) {
  return [
    NONE(), { value: "receiving", label: t("Where it was received") }, { value: "competent", label: t("The competent unit") },
    { value: current.startsWith(FORMULA) ? current : FORMULA, label: t("By a formula") },
    ...units.map(({ code, name }) => ({ value: code, label: `${code} – ${pick(name)}` })),
  ];
}

function formulaProblem(value) {
  return value?.startsWith(FORMULA) && value.length > 1 ? undefined : t("A formula begins with =, such as =filing.unit");
}
