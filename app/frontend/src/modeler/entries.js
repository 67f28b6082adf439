/** Entries of the properties panel that read and write one attribute of one OneDoor extension. */
import { CheckboxEntry, SelectEntry, TextFieldEntry, isCheckboxEntryEdited, isSelectEntryEdited, isTextFieldEntryEdited } from "@bpmn-io/properties-panel";
import { h } from "@bpmn-io/properties-panel/preact";
import { useService } from "bpmn-js-properties-panel";
import { extensionOf } from "./extensions.js";

/** {id, type, attribute, label, owner?, description?, validate?}; `owner` is the business object that carries the extension. */
export function textEntry(options) {
  return { ...options, component: Text, isEdited: isTextFieldEntryEdited };
}

/** As textEntry, with choices: () => [{value, label}]. A kept value that is not among them stays selectable. */
export function selectEntry(options) {
  return { ...options, component: Select, isEdited: isSelectEntryEdited };
}

/** As textEntry, for attributes that are "true" or "false". */
export function checkboxEntry(options) {
  return { ...options, component: Checkbox, isEdited: isCheckboxEntryEdited };
}

function Text(props) {
  const debounce = useService("debounceInput");
  return h(TextFieldEntry, { ...useAttribute(props), debounce });
}

function Select(props) {
  const attribute = useAttribute(props);
  const getOptions = () => withKept(props.choices(), attribute.getValue());
  return h(SelectEntry, { ...attribute, getOptions });
}

function Checkbox(props) {
  const { getValue, setValue, ...rest } = useAttribute(props);
  return h(CheckboxEntry, { ...rest, getValue: () => getValue() === "true", setValue: (value) => setValue(String(Boolean(value))) });
}

function useAttribute({ element, id, type, attribute, label, owner, description, validate, extension }) {
  const extensions = useService("onedoorExtensions");
  const modeling = useService("modeling");
  const current = () => extension ?? extensionOf(owner ?? element.businessObject, type);
  const write = (value) => {
    if (extension) modeling.updateModdleProperties(element, extension, { [attribute]: value || undefined });
    else extensions.set(element, type, { [attribute]: value ?? "" }, owner ?? element.businessObject);
  };
  return { element, id, label, description, validate, getValue: () => current()?.[attribute] ?? "", setValue: write };
}

function withKept(options, value) {
  return !value || options.some((option) => option.value === value) ? options : [...options, { value, label: value }];
}
