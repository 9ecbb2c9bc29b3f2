// A value that components subscribe to.
import { useSyncExternalStore } from 'react';

export function store(initial) {
  let value = initial;
  const listeners = new Set();
  return {
    get: () => value,
    set(next) {
      value = next;
      for (const listener of [...listeners]) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export const useStore = ({ subscribe, get }) => useSyncExternalStore(subscribe, get);
