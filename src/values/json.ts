/** Anything that survives `JSON.stringify` and back. Models are made of it, so that they can travel between instances. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };
