/**
 * set_model_price and set_e2b_price, at the edges: each price of a row by itself, what looks like another unit, and who
 * changed it from what source.
 */
import { owner, service } from '../../../fixtures/people.ts'
import { describe, test } from '../../harness/index.ts'

/** Each price of a list, and how it is set alone, all others as they are. */
const rates = [
  { rate: 'price_per_second', set: (to: string) => `set_e2b_price('gpu', 'us-east-1', ${to})` },
  ...['price_per_cpu_core_second', 'price_per_gb_memory_second', 'price_per_gb_disk_io'].map((rate) => ({
    rate,
    set: (to: string) => `set_e2b_price('gpu', 'us-east-1', 1, ${rate} => ${to})`,
  })),
  { rate: 'input_price_per_million', set: (to: string) => `set_model_price('openai', 'gpt-4', ${to}, 1)` },
  { rate: 'output_price_per_million', set: (to: string) => `set_model_price('openai', 'gpt-4', 1, ${to})` },
]

describe.each(rates)('$rate', ({ rate, set }) => {
  const [table, view, row] = rate.endsWith('million')
    ? ['model_pricing', 'model_price_periods', `model = 'gpt-4'`]
    : ['e2b_pricing', 'e2b_price_periods', `tier = 'gpu'`]
  const versions = `
    select trim_scale(${rate}) as price, expires_at - now() as ends from copilot_internal.${view}
    where ${row} order by effective_date`

  test.beforeEach(({ session }) =>
    session.run(`
      alter table copilot_internal.${table} disable trigger user;
      update copilot_internal.${table} set ${
        table === 'model_pricing'
          ? 'input_price_per_million = 1, output_price_per_million = 1'
          : 'price_per_second = 1, price_per_cpu_core_second = 1, price_per_gb_memory_second = 1, price_per_gb_disk_io = 1'
      } where ${row};
      alter table copilot_internal.${table} enable trigger user`),
  )

  test.for(['100', '0.01'])('set to %s of what it was is refused, unless it is meant', async (to, { as }) => {
    await as(service)(`select copilot_internal.${set(to)}`).throwsOk('QT003', { hint: /allow_jump/ })
    await as(service)(`select copilot_internal.${set(to).replace(/\)$/, ', allow_jump => true)')}`).livesOk()
  })

  test.for(['99.999999999999', '0.010000000001', '0', '2.50000000000000'])(
    'set to %s of what it was is a change',
    async (to, { as }) => {
      await as(service)(`select copilot_internal.${set(to)}`).livesOk()
      await as(owner)(versions).resultsEq([
        { price: 1, ends: '00:00:00' },
        { price: to.replace(/\.?0{5,}$/, ''), ends: null },
      ])
    },
  )

  test('changed in place, alone, it leaves the old one behind', async ({ as }) => {
    await as(service)(`update copilot_internal.${table} set ${rate} = 2 where ${row}`).livesOk()
    await as(owner)(versions).resultsEq([
      { price: 1, ends: '00:00:00' },
      { price: 2, ends: null },
    ])
  })

  test('all others stay as they are', async ({ as }) => {
    await as(service)(`select copilot_internal.${set('2')}`).livesOk()
    const columns = rates
      .map((other) => other.rate)
      .filter((other) => other.endsWith('million') === rate.endsWith('million'))
    await as(owner)(
      `select trim_scale(${columns.join(' + ')}) as sum from copilot_internal.${view} where ${row} and expires_at is null`,
    ).resultsEq([{ sum: columns.length + 1 }])
  })
})

describe.each([
  { table: 'model_pricing', set: (more: string) => `set_model_price('p', 'm', ${more})`, two: '1, 1' },
  { table: 'e2b_pricing', set: (more: string) => `set_e2b_price('p', 'm', ${more})`, two: '1' },
])('$table', ({ table, set, two }) => {
  const told = `
    select source, notes, created_by from copilot_internal.${table} where expires_at is null and created_by <> 'postgres'`
  const from = (source: string, date = 'now()') =>
    set(
      `${two}, effective_date => ${date}, source => '${source}', notes => '${source} notes', changed_by => '${source} ada'`,
    )

  test('it keeps who changed it, from what source, and what there is to know', async ({ as }) => {
    await as(service)(`select copilot_internal.${from('first')}`).livesOk()
    await as(owner)(told).resultsEq([{ source: 'first', notes: 'first notes', created_by: 'first ada' }])
  })

  test('a scheduled price has the author of its correction', async ({ as }) => {
    const later = `now() + interval '1 day'`
    await as(service)(`select copilot_internal.${from('first', later)}`).livesOk()
    await as(service)(
      `select copilot_internal.${from('second', later).replace(two, two.replaceAll('1', '2'))}`,
    ).livesOk()
    await as(owner)(told).resultsEq([{ source: 'second', notes: 'second notes', created_by: 'second ada' }])
    await as(owner)`select 1 as once from copilot_internal.model_pricing where provider = 'p'
      union all select 1 from copilot_internal.e2b_pricing where tier = 'p'`.resultsEq([{ once: 1 }])
  })

  test('what has started is not replaced from its own start', async ({ as }) => {
    await as(service)(`select copilot_internal.${from('first', `'2026-02-01 00:00+00'`)}`).livesOk()
    await as(service)(
      `select copilot_internal.${from('second', `'2026-02-01 00:00+00'`).replace(two, two.replaceAll('1', '2'))}`,
    ).throwsOk('QT001', {
      message:
        table === 'model_pricing'
          ? /The price of p m that started .+ cannot be replaced/
          : /The price of p in m that started/,
      hint: /Let the new price start now or later/,
    })
  })
})
