// Prints how long the official language service takes to parse and bind queries, as one JSON array of milliseconds: for
// each query the least of several runs. What it reads are lines of JSON on standard input: first the tables, as
// {name: {column: type}}, then one query text in each line.
require('@kusto/language-service-next/bridge.min.js')
require('@kusto/language-service-next/Kusto.Language.Bridge.min.js')
const readline = require('node:readline')

const { KustoCode, GlobalState, Symbols } = globalThis.Kusto.Language
const types = Symbols.ScalarTypes
const runs = 3

const typeOf = (name) => types.GetSymbol(name) ?? types.Dynamic

function globals(tables) {
  const list = Object.entries(tables).map(([name, columns]) =>
    new Symbols.TableSymbol.$ctor4(name, Object.entries(columns).map(([column, type]) => new Symbols.ColumnSymbol(column, typeOf(type), null, null, null, null))))
  return GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.ctor('db', list))
}

const bind = (text, state) => KustoCode.ParseAndAnalyze(text, state).GetDiagnostics().Count

async function main() {
  let state
  const queries = []
  for await (const line of readline.createInterface({ input: process.stdin })) {
    if (!line) continue
    if (state) queries.push(JSON.parse(line))
    else state = globals(JSON.parse(line))
  }
  const names = bind('DeviceProcessEvents | where Timestamp > ago(1d) | project DeviceName', state)
  if (names !== 0) throw new Error('the tables are not known to the language service')
  for (const q of queries.slice(0, 30)) bind(q, state) // until the engine has compiled what it needs
  const out = queries.map((q) => {
    let least = Infinity
    for (let i = 0; i < runs; i++) {
      const start = performance.now()
      bind(q, state)
      least = Math.min(least, performance.now() - start)
    }
    return least
  })
  console.log(JSON.stringify(out))
}

main().catch((err) => {
  console.error(err)
  process.exit(1)
})
