/** Keeps the menus at an element to what the platform runs. */
const REPLACEMENTS = new Set([
  "replace-with-none-start", "replace-with-none-end", "replace-with-terminate-end",
  "replace-with-timer-intermediate-catch", "replace-with-timer-boundary", "replace-with-non-interrupting-timer-boundary",
  "replace-with-user-task", "replace-with-manual-task", "replace-with-receive-task", "replace-with-rule-task", "replace-with-script-task",
  "replace-with-exclusive-gateway", "replace-with-parallel-gateway",
  "replace-with-sequence-flow", "replace-with-default-flow", "replace-with-conditional-flow",
  "replace-with-subprocess", "replace-with-expanded-subprocess", "replace-with-collapsed-subprocess",
]);
const REMOVED = ["append.append-task", "append.intermediate-event", "append.text-annotation", "append.message-intermediate-event", "append.timer-intermediate-event", "append.condition-intermediate-event", "append.signal-intermediate-event", "append.receive-task", "append.compensation-activity"];
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

  getPopupMenuEntries() {
    return (entries) => Object.fromEntries(Object.entries(entries).filter(([id]) => REPLACEMENTS.has(id)));
  }

  getPopupMenuHeaderEntries() {
    return (entries) => Object.fromEntries(Object.entries(entries).filter(([id]) => id.startsWith("toggle-parallel-mi") || id.startsWith("toggle-sequential-mi")));
  }

  getContextPadEntries() {
    return (entries) => {
      const mayAppend = "append.append-task" in entries;
      const kept = Object.fromEntries(Object.entries(entries).filter(([id]) => !REMOVED.includes(id)));
      return mayAppend ? { ...Object.fromEntries(APPENDED.map((each) => [each[0], this.append(each)])), ...kept } : kept;
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
