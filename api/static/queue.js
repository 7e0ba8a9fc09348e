export function changed() {}
