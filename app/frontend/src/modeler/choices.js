/** The buttons that a step offers, in their order. */
import { ListGroup } from "@bpmn-io/properties-panel";
import { h } from "@bpmn-io/properties-panel/preact";
import { useService } from "bpmn-js-properties-panel";
import { t } from "../lib/i18n.js";
import { selectEntry, textEntry } from "./entries.js";
import { extensionsOf } from "./extensions.js";

export const CHOICE_KINDS = [["forward", "Goes forward"], ["supplement", "Asks for a supplement"], ["return", "Sends back"], ["refuse", "Refuses"]];
const ID = /^[a-z][a-z0-9_]*$/;

export function choicesGroup(element, extensions) {
  const choices = extensionsOf(element.businessObject, "Choice");
  return {
    id: "onedoor-choices",
    label: t("Choices"),
    component: ListGroup,
    add: () => extensions.add(element, "Choice", { id: freeId(choices), name: t("New choice"), kind: "forward" }),
    items: choices.map((choice, index) => item(element, extensions, choices, choice, index)),
  };
}

function item(element, extensions, choices, choice, index) {
  const id = `choice-${index}`;
  const entry = (key, label, make = textEntry, more = {}) => make({ id: `${id}-${key}`, element, extension: choice, attribute: key, label: t(label), ...more });
  return {
    id,
    label: choice.name || choice.id,
    entries: [
      entry("id", "Code", textEntry, { validate: (value) => idProblem(value, choices, choice) }),
      entry("name", "Vietnamese name"),
      entry("nameEn", "English name"),
      entry("kind", "What it does", selectEntry, { choices: () => CHOICE_KINDS.map(([value, label]) => ({ value, label: t(label) })) }),
      entry("when", "Offered when (FEEL)"),
      { id: `${id}-order`, element, choice, index, last: choices.length - 1, component: Order },
    ],
    remove: (event) => {
      event.stopPropagation();
      extensions.remove(element, choice);
    },
  };
}

function Order({ element, choice, index, last }) {
  const extensions = useService("onedoorExtensions");
  const mover = (label, by, isDisabled) => h("button", { type: "button", class: "od-order", disabled: isDisabled, onClick: () => extensions.move(element, choice, by) }, t(label));
  return h("div", { class: "bio-properties-panel-entry od-order-row" }, mover("Move up", -1, index === 0), mover("Move down", 1, index === last));
}

function idProblem(value, choices, own) {
  if (!ID.test(value ?? "")) return t("Small letters, digits and _ only, beginning with a letter.");
  if (choices.some((choice) => choice !== own && choice.id === value)) return t("Another choice has this code.");
  return undefined;
}

function freeId(choices) {
  const taken = new Set(choices.map((choice) => choice.id));
  const free = ["forward", "supplement", "return_back", "refuse"].find((id) => !taken.has(id));
  return free ?? `choice_${choices.length + 1}`;
}
