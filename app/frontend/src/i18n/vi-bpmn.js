export const bpmn = {};
