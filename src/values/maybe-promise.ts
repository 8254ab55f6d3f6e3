/** What is often there at once: a promise for each step of each operation would cost more than most steps do. */
export type MaybePromise<T> = T | Promise<T>;

export function isPromise<T extends object>(value: MaybePromise<T>): value is Promise<T> {
  return 'then' in value;
}
