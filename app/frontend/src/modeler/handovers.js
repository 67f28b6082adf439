/** What an element hands over: the inputs of a connector, a message or a signal, each a name and a value. */
import { ListGroup } from "@bpmn-io/properties-panel";
import { is } from "bpmn-js/lib/util/ModelUtil";
import { t } from "../lib/i18n.js";
import { textEntry } from "./entries.js";
import { extensionsOf } from "./extensions.js";

const CARRIERS = ["bpmn:MessageEventDefinition", "bpmn:SignalEventDefinition", "bpmn:ErrorEventDefinition", "bpmn:EscalationEventDefinition"];
const THROWERS = ["bpmn:IntermediateThrowEvent", "bpmn:EndEvent"];
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

export function inputsGroup(element, extensions) {
  const inputs = extensionsOf(element.businessObject, "Input");
  return {
    id: "onedoor-inputs",
    label: t("Handed over"),
    component: ListGroup,
    add: () => extensions.add(element, "Input", { name: `value_${inputs.length + 1}` }),
    items: inputs.map((input, index) => item(element, extensions, input, index)),
  };
}

function item(element, extensions, input, index) {
  const entry = (key, label) => textEntry({ id: `input-${index}-${key}`, element, extension: input, attribute: key, label: t(label) });
  return {
    id: `input-${index}`,
    label: input.name || t("Value"),
    entries: [entry("name", "Name"), entry("value", "Value, or FEEL after =")],
    remove: (event) => {
      event.stopPropagation();
      extensions.remove(element, input);
    },
  };
}

function isOneOf(element, types) {
  return types.some((type) => is(element, type));
}
