/** Keeps the menus at an element to what the platform runs; a new task is a step for somebody. */
import { is } from "bpmn-js/lib/util/ModelUtil";

const REFUSED = new Set(["replace-with-complex-gateway", "replace-with-compensation-start", "replace-with-task"]);
const ONLY_IN_EVENT_SUBPROCESS = new Set(["replace-with-timer-start", "replace-with-conditional-start", "replace-with-signal-start"]);
const TOGGLES = ["toggle-parallel-mi", "toggle-sequential-mi", "toggle-loop", "toggle-is-horizontal"];
const APPENDED = [
  ["append.user-task", "bpmn:UserTask", "bpmn-icon-user-task", "Append step"],
  ["append.waiting-step", "bpmn:ReceiveTask", "bpmn-icon-receive-task", "Append waiting step"],
];
const LATE = 500;

export class Menus {
  constructor(popupMenu, contextPad, autoPlace, elementFactory, create, translate) {
    Object.assign(this, { autoPlace, elementFactory, create, translate });
    popupMenu.registerProvider("bpmn-replace", LATE, this);
    contextPad.registerProvider(LATE, this);
  }

  getPopupMenuEntries(target) {
    const refused = (id) => REFUSED.has(id) || (ONLY_IN_EVENT_SUBPROCESS.has(id) && beginsProcess(target));
    return (entries) => Object.fromEntries(Object.entries(entries).filter(([id]) => !refused(id)));
  }

  getPopupMenuHeaderEntries() {
    return (entries) => Object.fromEntries(Object.entries(entries).filter(([id]) => TOGGLES.some((toggle) => id.startsWith(toggle))));
  }

  getContextPadEntries() {
    return (entries) => {
      const { "append.append-task": task, ...others } = entries;
      return task ? { ...Object.fromEntries(APPENDED.map((each) => [each[0], this.append(each)])), ...others } : others;
    };
  }

  append([, type, className, title]) {
    const shape = () => this.elementFactory.createShape({ type });
    return {
      group: "model", className, title: this.translate(title),
      action: {
        click: (_event, element) => this.autoPlace.append(element, shape()),
        dragstart: (event, element) => this.create.start(event, shape(), { source: element }),
      },
    };
  }
}

Menus.$inject = ["popupMenu", "contextPad", "autoPlace", "elementFactory", "create", "translate"];

/** A dossier begins by being filed; only an event subprocess begins with a time, a condition or a signal. */
function beginsProcess(element) {
  return is(element, "bpmn:StartEvent") && !element.businessObject.$parent?.triggeredByEvent;
}
