/** A palette of what procedures are mostly made of; everything else is reached by changing an element. */
const SHAPES = [
  ["start", "bpmn:StartEvent", "event", "bpmn-icon-start-event-none", "Create start event"],
  ["end", "bpmn:EndEvent", "event", "bpmn-icon-end-event-none", "Create end event"],
  ["event", "bpmn:IntermediateThrowEvent", "event", "bpmn-icon-intermediate-event-none", "Create intermediate/boundary event"],
  ["user-task", "bpmn:UserTask", "activity", "bpmn-icon-user-task", "Create step"],
  ["receive-task", "bpmn:ReceiveTask", "activity", "bpmn-icon-receive-task", "Create waiting step"],
  ["rule-task", "bpmn:BusinessRuleTask", "activity", "bpmn-icon-business-rule-task", "Create decision"],
  ["script-task", "bpmn:ScriptTask", "activity", "bpmn-icon-script-task", "Create computed value"],
  ["exclusive", "bpmn:ExclusiveGateway", "gateway", "bpmn-icon-gateway-xor", "Create exclusive gateway"],
  ["parallel", "bpmn:ParallelGateway", "gateway", "bpmn-icon-gateway-parallel", "Create parallel gateway"],
  ["inclusive", "bpmn:InclusiveGateway", "gateway", "bpmn-icon-gateway-or", "Create inclusive gateway"],
  ["subprocess", "bpmn:SubProcess", "activity", "bpmn-icon-subprocess-expanded", "Create expanded sub-process"],
  ["pool", "bpmn:Participant", "collaboration", "bpmn-icon-participant", "Create pool/participant"],
];

export class Palette {
  constructor(palette, create, elementFactory, handTool, lassoTool, spaceTool, globalConnect, translate) {
    Object.assign(this, { create, elementFactory, handTool, lassoTool, spaceTool, globalConnect, translate });
    palette.registerProvider(this);
  }

  getPaletteEntries() {
    return { ...this.tools(), ...Object.fromEntries(SHAPES.map((shape) => [`create.${shape[0]}`, this.entry(shape)])) };
  }

  tools() {
    const tool = (name, icon, title, activate) => [name, { group: "tools", className: icon, title: this.translate(title), action: { click: activate } }];
    return Object.fromEntries([
      tool("hand-tool", "bpmn-icon-hand-tool", "Activate hand tool", (event) => this.handTool.activateHand(event)),
      tool("lasso-tool", "bpmn-icon-lasso-tool", "Activate lasso tool", (event) => this.lassoTool.activateSelection(event)),
      tool("space-tool", "bpmn-icon-space-tool", "Activate create/remove space tool", (event) => this.spaceTool.activateSelection(event)),
      tool("global-connect-tool", "bpmn-icon-connection-multi", "Activate global connect tool", (event) => this.globalConnect.start(event)),
      ["tool-separator", { group: "tools", separator: true }],
    ]);
  }

  entry([, type, group, className, title]) {
    const start = (event) => this.create.start(event, this.shape(type));
    return { group, className, title: this.translate(title), action: { dragstart: start, click: start } };
  }

  shape(type) {
    if (type === "bpmn:Participant") return this.elementFactory.createParticipantShape();
    return this.elementFactory.createShape({ type, isExpanded: type === "bpmn:SubProcess" || undefined });
  }
}

Palette.$inject = ["palette", "create", "elementFactory", "handTool", "lassoTool", "spaceTool", "globalConnect", "translate"];
