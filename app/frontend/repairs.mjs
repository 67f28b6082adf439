/**
 * Texts that form-js 2.0.0 does not hand to its translator, dates that it writes in the browser's language instead of
 * as 31/12/2026, and lists that are searched with accents. Each repair must be found as often as said: a new version that changes the place fails the build.
 */
import { readFile } from "node:fs/promises";

const FORM_JS = /form-js-viewer[\\/]dist[\\/]index\.es\.js$/;
const REPAIRS = [
  ["children: valueLabel || 'Select'", "children: ((translate) => valueLabel || translate('Select'))(useService('translate'))"],
  ["placeholder: 'Search',", "placeholder: useService('translate')('Search'),"],
  [
    "function getLocaleDateFormat(locale = 'default')",
    "function getLocaleDateFormat(locale = 'en-GB')",
  ],
  ["emptyListMessage = 'No results',", "emptyListMessage = useService('translate')('No results'),"],
  ["option.value && option.label.toLowerCase().includes(filter.toLowerCase())", "option.value && plainText(option.label).includes(plainText(filter))"],
  ["filterMatches = option.label.toLowerCase().includes(filter.toLowerCase())", "filterMatches = plainText(option.label).includes(plainText(filter))"],
];
const PLAIN_TEXT = `
function plainText(text) {
  return text.normalize("NFD").replace(/[\\u0300-\\u036f]/g, "").replace(/[đĐ]/g, "d").toLowerCase();
}
`;

/** esbuild plugin. The form editor brings an older copy of the viewer in its own modules; that one stays as it is. */
export const repairs = {
  name: "repairs",
  setup(build) {
    build.onLoad({ filter: FORM_JS }, async ({ path }) => {
      if (path.includes("form-js-editor")) return undefined;
      return { contents: repaired(await readFile(path, "utf8"), path) + PLAIN_TEXT, loader: "js" };
    });
  },
};

function repaired(source, path) {
  return REPAIRS.reduce((text, [from, to]) => {
    if (text.split(from).length !== 2) throw new Error(`${path} no longer holds once: ${from}`);
    return text.replace(from, () => to);
  }, source);
}
