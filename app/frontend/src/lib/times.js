import { language } from "./i18n.js";

const FORMAT = new Intl.DateTimeFormat(language === "en" ? "en-GB" : "vi-VN", {
  timeZone: "Asia/Ho_Chi_Minh", hour: "2-digit", minute: "2-digit", day: "2-digit", month: "2-digit", year: "numeric",
});

/** An ISO time as the reader writes it, on the province's clock; a text that is no time stays as it is. */
export function moment(iso) {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return String(iso ?? "");
  const part = Object.fromEntries(FORMAT.formatToParts(time).map(({ type, value }) => [type, value]));
  return `${part.hour}:${part.minute} ${part.day}/${part.month}/${part.year}`;
}

/** The province's time of day now. */
export function timeOfDay() {
  return moment(new Date().toISOString()).split(" ")[0];
}
