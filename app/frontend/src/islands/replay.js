export async function mount() {}
