/**
 * Texts that form-js 2.0.0 does not hand to its translator, and dates that it writes in the browser's language
 * instead of the page's. Each repair must be found as often as said: a new version that changes the place fails the build.
 */
import { readFile } from "node:fs/promises";

const FORM_JS = /form-js-viewer[\\/]dist[\\/]index\.es\.js$/;
const REPAIRS = [
  ["children: valueLabel || 'Select'", "children: ((translate) => valueLabel || translate('Select'))(useService('translate'))"],
  ["placeholder: 'Search',", "placeholder: useService('translate')('Search'),"],
  [
    "function getLocaleDateFormat(locale = 'default')",
    "function getLocaleDateFormat(locale = document.documentElement.lang === 'en' ? 'en-GB' : 'vi-VN')",
  ],
];

/** esbuild plugin. The form editor brings an older copy of the viewer in its own modules; that one stays as it is. */
export const repairs = {
  name: "repairs",
  setup(build) {
    build.onLoad({ filter: FORM_JS }, async ({ path }) => {
      if (path.includes("form-js-editor")) return undefined;
      return { contents: repaired(await readFile(path, "utf8"), path), loader: "js" };
    });
  },
};

function repaired(source, path) {
  return REPAIRS.reduce((text, [from, to]) => {
    if (text.split(from).length !== 2) throw new Error(`${path} no longer holds once: ${from}`);
    return text.replace(from, () => to);
  }, source);
}
