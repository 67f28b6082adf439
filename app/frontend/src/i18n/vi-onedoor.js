export const onedoor = {};
