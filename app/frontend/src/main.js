import { mountIslands } from "./lib/mount.js";
mountIslands(document);
