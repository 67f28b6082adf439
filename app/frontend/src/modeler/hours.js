/** Working hours along the longest way through a diagram; ways back are not counted twice. */
import { extensionOf } from "./extensions.js";

const HOURS_PER_DAY = 8;

/** {direct, online}: hours of the longest way, in person and online. */
export function longestHours(elementRegistry) {
  const start = elementRegistry.filter((element) => element.type === "bpmn:StartEvent").map((element) => element.businessObject);
  return {
    direct: Math.max(0, ...start.map((node) => longest(node, hoursOf, new Map()))),
    online: Math.max(0, ...start.map((node) => longest(node, onlineHoursOf, new Map()))),
  };
}

function longest(node, hours, known) {
  if (known.has(node)) return known.get(node);
  known.set(node, 0);
  const next = [...(node.outgoing ?? []).map((flow) => flow.targetRef), ...(node.boundaryEventRefs ?? [])].filter(Boolean);
  const most = hours(node) + Math.max(0, ...next.map((each) => longest(each, hours, known)));
  known.set(node, most);
  return most;
}

function hoursOf(node) {
  return number(extensionOf(node, "Step")?.hours);
}

function onlineHoursOf(node) {
  const step = extensionOf(node, "Step");
  return number(step?.onlineHours ?? step?.hours);
}

/** Hours given as a formula are not known before a dossier is. */
function number(text) {
  const value = Number(text ?? 0);
  return Number.isFinite(value) ? value : 0;
}

/** A limit of procedure.json in working hours; calendar days are no working time and give null. */
export function limitHours(limit) {
  if (!limit?.value) return null;
  if (limit.unit === "hour") return Number(limit.value);
  return limit.unit === "working_day" ? Number(limit.value) * HOURS_PER_DAY : null;
}

/** What a limit in calendar days is worth in working hours, on the average of weeks without holidays. */
export function averageHours(limit) {
  return (Number(limit.value) * HOURS_PER_DAY * 5) / 7;
}
