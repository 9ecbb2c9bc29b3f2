// GraphiQL with the token bar and the examples of this gateway.
import { useEffect, useMemo, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { GraphiQL } from 'graphiql';
import { usePluginStore } from '@graphiql/react';
import { buildSchema } from 'graphql';
import { setNonce } from 'get-nonce';
import { Bar } from './bar.jsx';
import { examplesFor, prepare, rememberHold } from './examples.js';
import { fetcher } from './fetcher.js';
import { LIBRARY } from './library.jsx';
import { resume, session } from './session.js';
import { useStore } from './store.js';
import { VariableUpdates, arrange, storage, tabOf } from './tabs.jsx';
import 'graphiql/style.css';
import '../style.css';

// Menus and dialogs insert style elements, which the content security policy allows only with this nonce.
setNonce(document.querySelector('script[nonce]').nonce);

const fetchAnswer = fetcher(rememberHold);
const plugins = [LIBRARY];
const PANEL = 'lodgate.panel';
const keepPanel = (plugin) => localStorage.setItem(PANEL, plugin?.title ?? '');

function Page() {
  const { token, viewer } = useStore(session);
  const schema = usePublicSchema(token === null);
  const tenant = useTenant(viewer);
  // The examples panel at first, later the panel that was open last.
  const panel = useMemo(() => localStorage.getItem(PANEL) ?? LIBRARY.title, [tenant]);
  return (
    <>
      <Bar />
      <main data-tenant={tenant}>
        <GraphiQL
          key={tenant}
          fetcher={fetchAnswer}
          storage={storage}
          schema={token ? undefined : schema}
          defaultTabs={examplesFor(viewer?.tenant.kind).map(tabOf)}
          plugins={plugins}
          onTogglePluginVisibility={keepPanel}
          isHeadersEditorEnabled={false}
          shouldPersistHeaders={false}
          defaultEditorToolsVisibility="variables"
        >
          <GraphiQL.Logo>{' '}</GraphiQL.Logo>
          <VariableUpdates />
          <Panel title={panel} />
        </GraphiQL>
      </main>
    </>
  );
}

/// Opens the panel with this title. GraphiQL's own property for it leaves the panel hidden at the start.
function Panel({ title }) {
  const { plugins } = usePluginStore();
  const isThere = plugins.some((plugin) => plugin.title === title);
  useEffect(() => {
    if (!isThere) return;
    // Runs after GraphiQL's own effects, which close the panel.
    const timer = setTimeout(() => document.querySelector(`.graphiql-sidebar button[aria-label="Show ${title}"]`)?.click());
    return () => clearTimeout(timer);
  }, [isThere]);
  return null;
}

/// The public schema; `null` while it loads.
function usePublicSchema(isWanted) {
  const [schema, setSchema] = useState(null);
  useEffect(() => {
    if (!isWanted || schema) return;
    fetch('/schema.graphql').then((response) => response.text()).then((sdl) => setSchema(buildSchema(sdl))).catch(() => {});
  }, [isWanted, schema]);
  return schema;
}

/// Code of the tenant whose examples are ready. GraphiQL is mounted again for each tenant.
function useTenant(viewer) {
  const [ready, setReady] = useState('');
  const code = viewer?.tenant.code;
  useEffect(() => {
    if (!code) return;
    let isCurrent = true;
    // A failure leaves the placeholders in the examples; the page works without them.
    prepare(viewer).catch(() => {}).then(() => {
      if (!isCurrent) return;
      arrange(viewer.tenant.kind);
      setReady(code);
    });
    return () => { isCurrent = false; };
  }, [code]);
  return ready;
}

resume().finally(() => createRoot(document.getElementById('page')).render(<Page />));
