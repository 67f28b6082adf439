/** What an element hands over: the inputs of a connector, a message, a signal or a called process, each a name and a value. */
import { ListGroup } from "@bpmn-io/properties-panel";
import { is } from "bpmn-js/lib/util/ModelUtil";
import { t } from "../lib/i18n.js";
import { textEntry } from "./entries.js";
import { extensionsOf } from "./extensions.js";

const CARRIERS = ["bpmn:MessageEventDefinition", "bpmn:SignalEventDefinition", "bpmn:ErrorEventDefinition", "bpmn:EscalationEventDefinition"];
const THROWERS = ["bpmn:IntermediateThrowEvent", "bpmn:EndEvent"];
const CATCHERS = ["bpmn:IntermediateCatchEvent", "bpmn:BoundaryEvent"];
const HEARD = ["bpmn:MessageEventDefinition", "bpmn:SignalEventDefinition"];
const MESSENGERS = ["bpmn:SendTask", "bpmn:ReceiveTask"];

export function definitionsOf(element) {
  return element.businessObject.eventDefinitions ?? [];
}

export function handsOver(element) {
  if (is(element, "bpmn:SendTask") || is(element, "bpmn:ServiceTask")) return true;
  return isOneOf(element, THROWERS) && definitionsOf(element).some((definition) => CARRIERS.includes(definition.$type));
}

/** Whether a message comes or goes here, so that one message can be told from another. */
export function hasMessage(element) {
  return isOneOf(element, MESSENGERS) || definitionsOf(element).some((definition) => definition.$type === "bpmn:MessageEventDefinition");
}

/** Whether it catches a message or signal that may come from outside; a dossier's own start has its filing form. */
export function listens(element) {
  const isCatcher = isOneOf(element, CATCHERS) || (is(element, "bpmn:StartEvent") && element.businessObject.$parent?.triggeredByEvent);
  return Boolean(isCatcher) && definitionsOf(element).some((definition) => HEARD.includes(definition.$type));
}

export function inputsGroup(element, extensions) {
  return valuesGroup(element, extensions, "Input", "Handed over", "Value, or FEEL after =");
}

/** What a called process is given, and what it gives back. */
export function callGroups(element, extensions) {
  return [valuesGroup(element, extensions, "In", "Handed to it", "Value (FEEL)"), valuesGroup(element, extensions, "Out", "Kept of it", "Value (FEEL)")];
}

function valuesGroup(element, extensions, type, label, kind) {
  const values = extensionsOf(element.businessObject, type);
  return {
    id: `onedoor-${type.toLowerCase()}`,
    label: t(label),
    component: ListGroup,
    add: () => extensions.add(element, type, { name: `value_${values.length + 1}` }),
    items: values.map((value, index) => item(element, extensions, value, `${type.toLowerCase()}-${index}`, kind)),
  };
}

function item(element, extensions, extension, id, kind) {
  const entry = (key, label) => textEntry({ id: `${id}-${key}`, element, extension, attribute: key, label: t(label) });
  return {
    id,
    label: extension.name || t("Value"),
    entries: [entry("name", "Name"), entry("value", kind)],
    remove: (event) => {
      event.stopPropagation();
      extensions.remove(element, extension);
    },
  };
}

function isOneOf(element, types) {
  return types.some((type) => is(element, type));
}
