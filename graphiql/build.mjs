// Bundles the page into dist/: index.html and hashed files, with no reference to another server.
import { readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { buildSchema, parse, validate } from 'graphql';

const here = dirname(fileURLToPath(import.meta.url));
process.chdir(here);

/// The examples in the order of their file names, each a GraphQL file and a file of variables.
const examples = {
  name: 'examples',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^examples$/ }, () => ({ path: 'examples', namespace: 'examples' }));
    onLoad({ filter: /.*/, namespace: 'examples' }, () => ({ contents: JSON.stringify(read()), loader: 'json' }));
  },
};

function read() {
  const schema = buildSchema(readFileSync('../portal/schema.graphql', 'utf8'));
  const files = readdirSync('examples').filter((file) => file.endsWith('.graphql')).sort();
  return files.map((file) => {
    const query = readFileSync(join('examples', file), 'utf8').trim();
    const document = parse(query);
    const faults = validate(schema, document);
    if (faults.length > 0) throw new Error(`${file} is invalid against the schema: ${faults.join('; ')}`);
    const comments = query.split('\n').filter((line) => line.startsWith('# '));
    const [title, audience] = comments.map((line) => line.slice(2));
    if (!/^For (everybody|partners|suppliers)\.$/.test(audience)) {
      throw new Error(`${file} has to name its audience on the second line, not: ${audience}`);
    }
    const { value: name } = document.definitions.find(({ kind }) => kind === 'OperationDefinition').name;
    const template = JSON.parse(readFileSync(join('examples', file.replace('.graphql', '.json')), 'utf8'));
    return { name, title, audience: audience.slice(4, -1), query, template };
  });
}

/// Drops the fonts in GraphiQL's style sheet, two thirds of the bundle's size. The page uses the portal's font.
const withoutFonts = {
  name: 'without-fonts',
  setup({ onLoad }) {
    onLoad({ filter: /graphiql[\\/]dist[\\/]style\.css$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(/@font-face\s*\{[^}]*\}/g, ''),
      loader: 'css',
    }));
  },
};

/// The portal's colours and font families, read from its style sheet.
const palette = {
  name: 'palette',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^palette$/ }, () => ({ path: 'palette', namespace: 'palette' }));
    onLoad({ filter: /.*/, namespace: 'palette' }, () => {
      const [, tokens] = readFileSync('../portal/style.css', 'utf8').match(/:root \{([^}]*)\}/);
      const shared = tokens.match(/--[\w-]+: light-dark\(.*\);|--(font|mono): .*;/g);
      return { contents: `:root { ${shared.join(' ')} }`, loader: 'css' };
    });
  },
};

// Built beside the old folder and renamed at the end, since a gateway may be serving the old one.
const next = 'dist.next';
const remove = (folder) => rmSync(folder, { recursive: true, force: true });
remove(next);
const { metafile } = await build({
  entryPoints: ['src/main.jsx'],
  outdir: `${next}/assets`,
  bundle: true,
  splitting: true,
  format: 'esm',
  target: 'es2022',
  jsx: 'automatic',
  minify: true,
  legalComments: 'none',
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  assetNames: '[name]-[hash]',
  loader: { '.woff2': 'file', '.svg': 'file' },
  define: { 'process.env.NODE_ENV': '"production"' },
  plugins: [examples, palette, withoutFonts],
  metafile: true,
  logLevel: 'warning',
});

const entry = Object.entries(metafile.outputs).find(([, output]) => output.entryPoint === 'src/main.jsx');
const page = readFileSync('index.html', 'utf8')
  .replace('{{SCRIPT}}', basename(entry[0]))
  .replace('{{STYLE}}', basename(entry[1].cssBundle));
writeFileSync(`${next}/index.html`, page);
writeFileSync(`${next}/licenses.txt`, licenses(Object.keys(metafile.inputs)));
remove('dist');
renameSync(next, 'dist');

/// The licence texts of the bundled packages.
function licenses(inputs) {
  const packages = new Set(inputs.map((input) => input.match(/^node_modules\/(@[^/]+\/[^/]+|[^/]+)/)?.[0]).filter(Boolean));
  return [...packages].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((file) => /^licen[cs]e/i.test(file));
    const text = file ? readFileSync(join(folder, file), 'utf8').trim() : `${license} license`;
    return `${name} ${version}\n\n${text}\n`;
  }).join(`\n${'-'.repeat(80)}\n\n`);
}
