import { bpmn } from "./vi-bpmn.js";
import { forms } from "./vi-forms.js";
import { onedoor } from "./vi-onedoor.js";

/** English → Vietnamese for everything that scripts write. */
export const vi = { ...bpmn, ...forms, ...onedoor };
