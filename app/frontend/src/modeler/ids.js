/** Ids that expressions can name: a new step is `step_1`, not `Activity_0x3f`. */
import BpmnFactory from "bpmn-js/lib/features/modeling/BpmnFactory";

const STEMS = {
  "bpmn:UserTask": "step", "bpmn:ManualTask": "step", "bpmn:ReceiveTask": "step", "bpmn:BusinessRuleTask": "decision", "bpmn:ScriptTask": "value",
  "bpmn:Task": "step", "bpmn:ServiceTask": "service", "bpmn:SendTask": "message", "bpmn:SubProcess": "part", "bpmn:CallActivity": "call",
  "bpmn:IntermediateCatchEvent": "event", "bpmn:IntermediateThrowEvent": "event", "bpmn:BoundaryEvent": "event", "bpmn:StartEvent": "start",
};

export class Factory extends BpmnFactory {
  _ensureId(element) {
    const stem = STEMS[element.$type];
    if (stem && !element.id) element.id = this.free(stem);
    super._ensureId(element);
  }

  free(stem) {
    let number = 1;
    while (this._model.ids.assigned(`${stem}_${number}`)) number += 1;
    return `${stem}_${number}`;
  }
}

Factory.$inject = ["moddle"];
