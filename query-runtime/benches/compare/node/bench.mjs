// What do the workloads of `query-runtime/benches/workloads` cost in @tanstack/query-core?
//
// `node --expose-gc bench.mjs [--max-n N] [--runs K]` prints the same JSON lines.
import { MutationObserver, QueryClient, QueryObserver, dehydrate, environmentManager, hydrate } from '@tanstack/query-core'

// Else it takes Node for a server, where nothing is collected or fetched again.
environmentManager?.setIsServer?.(() => false)

const argument = (name, otherwise) => {
  const at = process.argv.indexOf(name)
  return at < 0 ? otherwise : Number(process.argv[at + 1])
}
const maxN = argument('--max-n', 100_000)
const runs = argument('--runs', 7)
const sizes = (...all) => all.filter((n) => n <= maxN)
const GROUP = 100

const user = (i) => ({ id: `u${i}`, name: `User ${i}`, email: `user${i}@example.org`, role: i % 3 ? 'member' : 'admin', lastActive: 1_700_000_000 + i })
const userKey = (i) => ['api', 'users', Math.floor(i / GROUP), i]
const listKey = (page) => ['api', 'users', 'list', page]
const detailKey = (id) => ['api', 'users', 'detail', id]
const newClient = () => new QueryClient({ defaultOptions: { queries: { gcTime: Infinity, staleTime: Infinity, retry: false } } })
const page = (from, count) => ({ items: Array.from({ length: count }, (_, i) => user(from + i)), total: count })
const turn = () => new Promise((resolve) => setTimeout(resolve, 0))
const check = (holds, what) => {
  if (!holds) throw new Error(what)
}
const tell = (line) => console.log(JSON.stringify(line))

async function measure(workload, n, operations, fresh, run) {
  const warmUp = runs > 1 ? 2 : 0
  const times = []
  for (let round = 0; round < runs + warmUp; round++) {
    const state = fresh()
    globalThis.gc?.()
    const before = process.hrtime.bigint()
    await run(state)
    const took = process.hrtime.bigint() - before
    if (round >= warmUp) times.push(Number(took) / operations)
    if (state instanceof QueryClient) state.clear()
  }
  times.sort((a, b) => a - b)
  tell({ workload, n, ns_per_op: Math.round(times[times.length >> 1] * 10) / 10, runs })
}

const nothing = () => undefined
const write = (client, n, more) => {
  for (let i = 0; i < n; i++) client.setQueryData(userKey(i), user(i + more))
}

for (const n of sizes(1_000, 10_000, 100_000, 1_000_000)) {
  await measure('insert', n, n, newClient, (client) => write(client, n, 0))
  const client = newClient()
  write(client, n, 0)
  await measure('get', n, n, nothing, () => {
    let found = 0
    for (let i = 0; i < n; i++) if (client.getQueryData(userKey(i))) found++
    check(found === n, 'an entry is missing')
  })
  await measure('set', n, n, nothing, () => write(client, n, 1))
  const groups = n / GROUP
  const refresh = () => {
    for (let i = 0; i < Math.min(20, groups) * GROUP; i++) client.setQueryData(userKey(i), user(i))
  }
  await measure('invalidate_100_of_n', n, 20, refresh, async () => {
    for (let k = 0; k < 20; k++) await client.invalidateQueries({ queryKey: ['api', 'users', k % groups], refetchType: 'none' })
  })
  await measure('dehydrate', n, n, nothing, () => JSON.stringify(dehydrate(client)))
  const text = JSON.stringify(dehydrate(client))
  client.clear()
  await measure('hydrate', n, n, newClient, (fresh) => hydrate(fresh, JSON.parse(text)))
}

// What its documentation says to do in `onMutate` and `onError`: remember what every list shows, write all, write it back.
for (const lists of sizes(10, 100, 1_000)) {
  const client = newClient()
  for (let l = 0; l < lists; l++) client.setQueryData(listKey(l), page(l * GROUP, GROUP))
  client.setQueryData(detailKey('u5'), user(5))
  await measure('optimistic_update_and_rollback', lists, 10, nothing, () => {
    for (let k = 0; k < 10; k++) {
      const before = client.getQueriesData({ queryKey: ['api', 'users', 'list'] })
      const one = client.getQueryData(detailKey('u5'))
      const renamed = (row) => (row.id === 'u5' ? { ...row, name: 'x' } : row)
      client.setQueryData(detailKey('u5'), renamed)
      client.setQueriesData({ queryKey: ['api', 'users', 'list'] }, (old) => old && { ...old, items: old.items.map(renamed) })
      check(client.getQueryData(detailKey('u5')).name === 'x', 'not shown')
      for (const [key, data] of before) client.setQueryData(key, data)
      client.setQueryData(detailKey('u5'), one)
    }
  })
  client.clear()
}

for (const n of sizes(100, 1_000, 10_000, 100_000, 1_000_000)) {
  const client = newClient()
  client.setQueryData(listKey(0), page(0, n))
  await measure('optimistic_one_row', n, 10, nothing, () => {
    for (let k = 0; k < 10; k++) {
      const id = `u${(k * 7919) % n}`
      client.setQueryData(listKey(0), (old) => ({ ...old, items: old.items.map((row) => (row.id === id ? { ...row, name: `x${k}` } : row)) }))
    }
  })
  client.clear()
}

for (const n of sizes(1, 1_000, 10_000)) {
  const client = newClient()
  let seen = 0
  let value = 0
  client.setQueryData(['k'], value)
  const stops = Array.from({ length: n }, () =>
    new QueryObserver(client, { queryKey: ['k'], enabled: false }).subscribe(() => {
      seen++
    }),
  )
  await measure('notify', n, n, nothing, async () => {
    seen = 0
    client.setQueryData(['k'], ++value)
    while (seen < n) await turn()
  })
  for (const stop of stops) stop()
  client.clear()
}
{
  const client = newClient()
  client.setQueryData(['k'], 0)
  await measure('observe_unobserve', 1, 10_000, nothing, () => {
    for (let i = 0; i < 10_000; i++) new QueryObserver(client, { queryKey: ['k'], enabled: false }).subscribe(nothing)()
  })
  client.clear()
}

for (const n of sizes(1_000)) {
  const times = (make) => Promise.all(Array.from({ length: n }, (_, i) => make(i)))
  await measure('fetch_distinct', n, n, newClient, (client) => times((i) => client.fetchQuery({ queryKey: ['f', i], queryFn: async () => i })))
  await measure('fetch_same_key', n, n, newClient, async (client) => {
    let calls = 0
    const queryFn = async () => {
      calls++
      return 1
    }
    await times(() => client.fetchQuery({ queryKey: ['f', 0], queryFn }))
    check(calls === 1, `${calls} calls`)
  })
  await measure('mutation', n, n, newClient, async (client) => {
    const mutation = new MutationObserver(client, { mutationFn: async (value) => value })
    for (let i = 0; i < n; i++) await mutation.mutate(i)
  })
}

for (const n of sizes(100_000)) {
  if (!globalThis.gc) {
    tell({ workload: 'bytes_per_entry', n, bytes: null, runs: 1 })
    continue
  }
  globalThis.gc()
  const before = process.memoryUsage().heapUsed
  const client = newClient()
  for (let i = 0; i < n; i++) client.setQueryData(userKey(i), i)
  globalThis.gc()
  tell({ workload: 'bytes_per_entry', n, bytes: Math.round((process.memoryUsage().heapUsed - before) / n), runs: 1 })
  client.clear()
}
