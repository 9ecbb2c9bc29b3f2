// The tabs: the examples at first, then the user's edits. GraphiQL stores them in this browser.
import { useEffect } from 'react';
import { useEditorContext } from '@graphiql/react';
import { exampleOf, examplesFor, known, refreshed, variablesOf } from './examples.js';
import { useStore } from './store.js';

const STORAGE_KEY = 'graphiql:tabState';

export const tabOf = (example) => ({ query: example.query, variables: variablesOf(example), headers: null });

/// Sets the tabs to the examples of this kind of tenant, unless the user has made tabs. Runs before GraphiQL mounts.
export function arrange(kind) {
  const wanted = examplesFor(kind);
  const { tabs: present = [] } = storedTabs();
  const names = present.map(({ query }) => exampleOf(query)?.name);
  const isUntouched = names.every(Boolean) && new Set(names).size === names.length;
  const isArranged = names.join() === wanted.map(({ name }) => name).join();
  if (!isUntouched || isArranged) return;
  const tabs = wanted.map((example) => ({
    ...tabOf(example), id: crypto.randomUUID(), title: example.name, operationName: example.name, hash: null, response: null,
  }));
  localStorage.setItem(STORAGE_KEY, JSON.stringify({ tabs, activeTabIndex: 0 }));
}

function storedTabs() {
  try {
    return JSON.parse(localStorage.getItem(STORAGE_KEY)) ?? {};
  } catch {
    return {};
  }
}

/// The storage that GraphiQL uses. GraphiQL stores the editors' texts apart from the tabs and opens another tab when the
/// two differ, as they do after a quick reload. This storage returns the texts of the open tab instead.
export const storage = {
  getItem(key) {
    const { tabs = [], activeTabIndex } = storedTabs();
    const text = { 'graphiql:query': 'query', 'graphiql:variables': 'variables' }[key];
    if (text) return tabs[activeTabIndex]?.[text] ?? null;
    const value = localStorage.getItem(key);
    // The page decides which panel is open, so a stored "hidden" is ignored.
    return key === 'graphiql:docExplorerFlex' && value === 'hide-first' ? null : value;
  },
  setItem: (key, value) => localStorage.setItem(key, value),
  removeItem: (key) => localStorage.removeItem(key),
  get length() {
    return localStorage.length;
  },
  clear() {
    Object.keys(localStorage).filter((key) => key.startsWith('graphiql:')).forEach((key) => localStorage.removeItem(key));
  },
};

/// Fills new values into the open tab, unless the user has edited its variables.
export function VariableUpdates() {
  const { tabs, activeTabIndex, variableEditor } = useEditorContext({ nonNull: true });
  const values = useStore(known);
  const example = exampleOf(tabs[activeTabIndex]?.query);
  useEffect(() => {
    const text = variableEditor && example && refreshed(example, variableEditor.getValue());
    if (text) variableEditor.setValue(text);
  }, [values, activeTabIndex, example, variableEditor]);
  return null;
}
