export function mountIslands() {}
