// In a browser the behaviours are called one by one, from outside.

export function test() {}
