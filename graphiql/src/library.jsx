// The examples panel beside the documentation.
import { useEffect, useState } from 'react';
import { useEditorContext, useExecutionContext } from '@graphiql/react';
import { exampleOf, examples, variablesOf } from './examples.js';
import { session } from './session.js';
import { useStore } from './store.js';

const GROUPS = [['everybody', 'For everybody'], ['partners', 'For partners'], ['suppliers', 'For suppliers']];

function Library() {
  const { tabs, activeTabIndex, addTab, changeTab, queryEditor, variableEditor } = useEditorContext({ nonNull: true });
  const { stop } = useExecutionContext({ nonNull: true });
  const { viewer } = useStore(session);
  const [opening, setOpening] = useState(null);
  const own = viewer && `${viewer.tenant.kind.toLowerCase()}s`;
  const groups = GROUPS.filter(([audience]) => !own || audience === 'everybody' || audience === own);

  const open = (example) => {
    stop();
    const index = tabs.findIndex(({ query }) => exampleOf(query)?.name === example.name);
    if (index >= 0) return changeTab(index);
    setOpening({ example, beside: tabs.length });
    addTab();
  };
  // GraphiQL fills a new tab with its own text as it opens, so the example is written after that.
  useEffect(() => {
    if (!opening || tabs.length <= opening.beside || !queryEditor || !variableEditor) return;
    queryEditor.setValue(opening.example.query);
    variableEditor.setValue(variablesOf(opening.example));
    setOpening(null);
  }, [opening, tabs.length, queryEditor, variableEditor]);
  const active = exampleOf(tabs[activeTabIndex]?.query)?.name;
  return (
    <section className="library" aria-label="Examples">
      <h2>Examples</h2>
      <p>Each example opens in its own tab. Once you enter a token, its variables work for your organisation.</p>
      {groups.map(([audience, title]) => (
        <div key={audience}>
          <h3>{title}</h3>
          <ul>
            {examples.filter((example) => example.audience === audience).map((example) => (
              <li key={example.name}>
                <button type="button" data-testid="example" data-name={example.name}
                  aria-current={active === example.name} onClick={() => open(example)}>
                  {example.title}
                  <small>{example.name}</small>
                </button>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </section>
  );
}

const Icon = (props) => (
  <svg viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth="1.25" strokeLinejoin="round" {...props}>
    <path d="M2.5 3h4a1.5 1.5 0 0 1 1.5 1.5A1.5 1.5 0 0 1 9.5 3h4v9.5h-4A1.5 1.5 0 0 0 8 14a1.5 1.5 0 0 0-1.5-1.5h-4zM8 4.5V14" />
  </svg>
);

export const LIBRARY = { title: 'Examples', icon: Icon, content: Library };
