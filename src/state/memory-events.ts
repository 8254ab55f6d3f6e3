import type { Events } from './state.js';

/** Events among the parts of one process. */
export function memoryEvents(): Events {
  const listeners = new Map<string, Set<(text: string) => void>>();
  return {
    async publish(channel, text) {
      for (const hear of listeners.get(channel) ?? []) hear(text);
    },
    listen(channel, hear) {
      const others = listeners.get(channel) ?? new Set();
      // Wrapped, so that the same function may listen twice.
      const own = (text: string): void => hear(text);
      listeners.set(channel, others.add(own));
      return {
        began: Promise.resolve(),
        stop() {
          others.delete(own);
          if (others.size === 0 && listeners.get(channel) === others) listeners.delete(channel);
        },
      };
    },
  };
}
