/** Reading and writing OneDoor's elements below `bpmn:extensionElements`, each write one undoable command. */
import { getBusinessObject } from "bpmn-js/lib/util/ModelUtil";

/** The first extension of a type ("Step"), or undefined. */
export function extensionOf(owner, type) {
  return extensionsOf(owner, type)[0];
}

export function extensionsOf(owner, type) {
  return (owner?.extensionElements?.values ?? []).filter((value) => value.$type === `onedoor:${type}`);
}

export class Extensions {
  constructor(bpmnFactory, modeling) {
    Object.assign(this, { bpmnFactory, modeling });
  }

  /** Sets attributes of the element's extension of a type; makes it when missing, takes it away when it says nothing more. */
  set(element, type, properties, owner = getBusinessObject(element)) {
    const known = extensionOf(owner, type);
    const cleaned = Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, value === "" ? undefined : value]));
    if (!known) {
      this.add(element, type, cleaned, owner);
    } else if (saysNothing({ ...known, ...cleaned })) {
      this.remove(element, known, owner);
    } else {
      this.modeling.updateModdleProperties(element, known, cleaned);
    }
  }

  add(element, type, properties, owner = getBusinessObject(element)) {
    const extension = this.bpmnFactory.create(`onedoor:${type}`, properties);
    this.replaceAll(element, owner, [...(owner.extensionElements?.values ?? []), extension]);
    return extension;
  }

  remove(element, extension, owner = getBusinessObject(element)) {
    this.replaceAll(element, owner, owner.extensionElements.values.filter((value) => value !== extension));
  }

  /** Moves an extension past its neighbour of the same type, so that the others stay where they are. */
  move(element, extension, by, owner = getBusinessObject(element)) {
    const values = [...owner.extensionElements.values];
    const alike = values.filter((value) => value.$type === extension.$type);
    const other = alike[alike.indexOf(extension) + by];
    if (!other) return;
    const [from, to] = [values.indexOf(extension), values.indexOf(other)];
    [values[from], values[to]] = [values[to], values[from]];
    this.replaceAll(element, owner, values);
  }

  replaceAll(element, owner, values) {
    const known = owner.extensionElements;
    if (known && values.length) {
      for (const value of values) value.$parent = known;
      this.modeling.updateModdleProperties(element, known, { values });
      return;
    }
    this.modeling.updateModdleProperties(element, owner, { extensionElements: values.length ? this.wrap(owner, values) : undefined });
  }

  wrap(owner, values) {
    const wrapper = this.bpmnFactory.create("bpmn:ExtensionElements", { values });
    wrapper.$parent = owner;
    for (const value of values) value.$parent = wrapper;
    return wrapper;
  }
}

Extensions.$inject = ["bpmnFactory", "modeling"];

function saysNothing(extension) {
  return Object.entries(extension).every(([key, value]) => key.startsWith("$") || value === undefined);
}
