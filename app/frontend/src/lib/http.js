import { language, t } from "./i18n.js";

/** What the server refused, in its own words. */
export class Refused extends Error {
  constructor(message, status, body) {
    super(message);
    this.status = status;
    this.body = body;
  }
}

/** Sends JSON with the page's CSRF token and gives the JSON answered; throws Refused with the server's sentence. */
export async function send(method, url, body) {
  const token = document.querySelector("[data-csrf] input[type=hidden]")?.value ?? "";
  let answer;
  try {
    answer = await fetch(url, {
      method,
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", Accept: "application/json", "Accept-Language": language, "X-CSRFToken": token },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Refused(t("The server cannot be reached. Nothing was saved."), 0, {});
  }
  const content = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(content.error?.message ?? t("The server refused ({status}).", { status: answer.status }), answer.status, content);
  return content;
}

export async function fetchText(url) {
  const answer = await fetch(url, { credentials: "same-origin" });
  if (!answer.ok) throw new Refused(t("The server refused ({status}).", { status: answer.status }), answer.status, {});
  return answer.text();
}

export async function fetchJson(url) {
  return JSON.parse(await fetchText(url));
}
