/** A form in English: texts stand in properties such as `en.label`; the labels of values are joined by "|". */
const TEXTS = ["label", "description", "text"];
const LABELS = { date: "dateLabel", time: "timeLabel", datetime: "dateLabel" };

export function inEnglish(part) {
  const english = part.properties ?? {};
  const copy = { ...part };
  for (const name of TEXTS) if (english[`en.${name}`]) copy[name] = english[`en.${name}`];
  if (part.type === "datetime" && english["en.label"]) copy[LABELS[part.subtype] ?? "dateLabel"] = english["en.label"];
  const labels = english["en.values"]?.split("|") ?? [];
  if (part.values) copy.values = part.values.map((each, index) => ({ ...each, label: labels[index]?.trim() ?? each.label }));
  if (part.components) copy.components = part.components.map(inEnglish);
  return copy;
}
