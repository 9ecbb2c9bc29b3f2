// GraphiQL, with what a caller of this gateway needs around it.
import { useEffect, useMemo, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { GraphiQL } from 'graphiql';
import { usePluginStore } from '@graphiql/react';
import { buildSchema } from 'graphql';
import { setNonce } from 'get-nonce';
import { Bar } from './bar.jsx';
import { examplesFor, heard, prepare } from './examples.js';
import { fetcher } from './fetcher.js';
import { LIBRARY } from './library.jsx';
import { resume, session } from './session.js';
import { useStore } from './store.js';
import { Filling, arrange, storage, tabOf } from './tabs.jsx';
import 'graphiql/style.css';
import '../style.css';

// Menus and dialogs bring a style element along; the page's policy wants to see this on it.
setNonce(document.querySelector('script[nonce]').nonce);

const fetchAnswer = fetcher(heard);
const plugins = [LIBRARY];
const PANEL = 'lodgate.panel';
const keepPanel = (plugin) => localStorage.setItem(PANEL, plugin?.title ?? '');

function Page() {
  const { token, viewer } = useStore(session);
  const schema = usePublicSchema(token === null);
  const tenant = useTenant(viewer);
  // The examples at first; later what was left open.
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
          <Filling />
          <Panel title={panel} />
        </GraphiQL>
      </main>
    </>
  );
}

/// Opens the panel of that title. GraphiQL has a property for it, which leaves the panel hidden at the start.
function Panel({ title }) {
  const { plugins } = usePluginStore();
  const isThere = plugins.some((plugin) => plugin.title === title);
  useEffect(() => {
    if (!isThere) return;
    // After GraphiQL's own effects, which close it.
    const timer = setTimeout(() => document.querySelector(`.graphiql-sidebar button[aria-label="Show ${title}"]`)?.click());
    return () => clearTimeout(timer);
  }, [isThere]);
  return null;
}

/// The schema without a token; `null` while it is on its way.
function usePublicSchema(isWanted) {
  const [schema, setSchema] = useState(null);
  useEffect(() => {
    if (!isWanted || schema) return;
    fetch('/schema.graphql').then((response) => response.text()).then((sdl) => setSchema(buildSchema(sdl))).catch(() => {});
  }, [isWanted, schema]);
  return schema;
}

/// The tenant for which the examples are ready: GraphiQL starts anew for each.
function useTenant(viewer) {
  const [ready, setReady] = useState('');
  const code = viewer?.tenant.code;
  useEffect(() => {
    if (!code) return;
    let isCurrent = true;
    // Without examples that are filled in, the page works all the same.
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
