/**
 * Bundles the front end: `node build.mjs --modules <node_modules> --out <directory>`.
 *
 * Names carry a hash of their content; manifest.json in the output says which file a name stands for.
 * The styles come first because the scripts have to know the hashed names of the islands' styles.
 */
import { createRequire } from "node:module";
import { existsSync } from "node:fs";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { repairs } from "./repairs.mjs";

const SOURCES = path.join(path.dirname(fileURLToPath(import.meta.url)), "src");

const { values: options } = parseArgs({ options: { modules: { type: "string" }, out: { type: "string" } } });
if (!options.modules || !options.out) {
  console.error("Usage: node build.mjs --modules <node_modules> --out <directory>");
  process.exit(2);
}

const modules = modulesIn(path.resolve(options.modules));
const out = path.resolve(options.out);
const { build } = createRequire(path.join(modules, "package.json"))("esbuild");

const common = {
  absWorkingDir: SOURCES,
  outdir: out,
  outbase: SOURCES,
  nodePaths: [modules],
  bundle: true,
  minify: true,
  metafile: true,
  entryNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  chunkNames: "part-[hash]",
  logLevel: "warning",
  legalComments: "none",
  target: ["chrome109", "firefox115", "safari16.4"],
};

await mkdir(out, { recursive: true });
const styles = await build({
  ...common,
  entryPoints: await entries("styles", ".css"),
  loader: { ".woff2": "file", ".woff": "file", ".ttf": "file", ".eot": "file", ".svg": "file" },
});
const styleNames = namesOf(styles);
const scripts = await build({
  ...common,
  entryPoints: ["main.js", "mark.svg"],
  format: "esm",
  splitting: true,
  plugins: [repairs],
  loader: { ".svg": "copy" },
  define: { STYLES: JSON.stringify(styleNames) },
});
const manifest = { ...styleNames, ...namesOf(scripts) };
await writeFile(path.join(out, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
await removeStale([styles, scripts]);

/** Takes the node_modules directory itself or the one that holds it. */
function modulesIn(directory) {
  const inner = path.join(directory, "node_modules");
  return existsSync(inner) ? inner : directory;
}

/** Every style sheet directly in `folder` is one entry. */
async function entries(folder, extension) {
  const files = await readdir(path.join(SOURCES, folder));
  return files.filter((file) => file.endsWith(extension)).map((file) => `${folder}/${file}`);
}

/** Source names of a build's entries → the names they were written under. */
function namesOf(result) {
  const written = Object.entries(result.metafile.outputs).filter(([, output]) => output.entryPoint);
  return Object.fromEntries(written.map(([file, output]) => [path.basename(output.entryPoint), path.basename(file)]));
}

/** Files of earlier builds only take room. */
async function removeStale(results) {
  const kept = new Set(results.flatMap((result) => Object.keys(result.metafile.outputs).map((file) => path.basename(file))));
  kept.add("manifest.json");
  const files = await readdir(out);
  await Promise.all(files.filter((file) => !kept.has(file)).map((file) => rm(path.join(out, file), { recursive: true })));
}
