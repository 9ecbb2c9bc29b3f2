// The tabs: the examples at first, then whatever was made of them; GraphiQL keeps them in this browser.
import { useEffect } from 'react';
import { useEditorContext } from '@graphiql/react';
import { exampleOf, examplesFor, known, refreshed, variablesOf } from './examples.js';
import { useStore } from './store.js';

const KEPT = 'graphiql:tabState';

export const tabOf = (example) => ({ query: example.query, variables: variablesOf(example), headers: null });

/// Before GraphiQL shows them: the examples of that kind of tenant, unless somebody made tabs of their own.
export function arrange(kind) {
  const wanted = examplesFor(kind);
  const { tabs: present = [] } = kept();
  const names = present.map(({ query }) => exampleOf(query)?.name);
  const isUntouched = names.every(Boolean) && new Set(names).size === names.length;
  const isArranged = names.join() === wanted.map(({ name }) => name).join();
  if (!isUntouched || isArranged) return;
  const tabs = wanted.map((example) => ({
    ...tabOf(example), id: crypto.randomUUID(), title: example.name, operationName: example.name, hash: null, response: null,
  }));
  localStorage.setItem(KEPT, JSON.stringify({ tabs, activeTabIndex: 0 }));
}

function kept() {
  try {
    return JSON.parse(localStorage.getItem(KEPT)) ?? {};
  } catch {
    return {};
  }
}

/// Where GraphiQL keeps what it keeps. It stores the texts of the editors apart from the tabs, and opens another tab when
/// the two differ, as they do after every quick reload: here they are those of the open tab.
export const storage = {
  getItem(key) {
    const { tabs = [], activeTabIndex } = kept();
    const text = { 'graphiql:query': 'query', 'graphiql:variables': 'variables' }[key];
    if (text) return tabs[activeTabIndex]?.[text] ?? null;
    const value = localStorage.getItem(key);
    // Whether a panel is open is ours to say, and its width is not known while it is not.
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

/// Writes what was learned into the tab that is looked at, unless its variables were changed by hand.
export function Filling() {
  const { tabs, activeTabIndex, variableEditor } = useEditorContext({ nonNull: true });
  const values = useStore(known);
  const example = exampleOf(tabs[activeTabIndex]?.query);
  useEffect(() => {
    const text = variableEditor && example && refreshed(example, variableEditor.getValue());
    if (text) variableEditor.setValue(text);
  }, [values, activeTabIndex, example, variableEditor]);
  return null;
}
