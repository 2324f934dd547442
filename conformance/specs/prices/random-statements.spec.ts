/**
 * Whatever statements change a price, each moment has the price that the timeline says, and all usage lies in its period.
 *
 * Method: random statements, each an hour after the one before, at two prices of each list; some usage is recorded between them, also
 * of the past and ahead of time. A timeline that shares nothing with the SQL but the contract says which are refused, and what
 * is in force at each quarter of an hour. Moments are hours; those that a statement names end in a half.
 */
import fc from 'fast-check'
import { acme } from '../../../fixtures/people.ts'
import {
  letTimePass,
  misdatedRecords,
  modelPrice,
  type PriceList,
  sandboxPrice,
} from '../../../fixtures/price-lists.ts'
import type { Session } from '../../engines/index.ts'
import { describe, expect, rounds, test } from '../../harness/index.ts'
import { PriceTimeline, type Refusal } from '../../oracle/index.ts'

const SQLSTATES: Readonly<Record<Refusal, string>> = { taken: '23505', gap: 'QT007', history: 'QT001' }
const FIRST = -20
const RANGE = 24

const some = fc.integer({ min: -12, max: 12 }).map((hours) => hours + 0.5)
const later = fc.integer({ min: 0, max: 12 }).map((hours) => hours + 0.5)
const lasts = fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined })
const price = fc.constantFrom('1', '2', '3')
/** Which of the versions that are there. */
const nth = fc.nat({ max: 9 })

const step = fc.oneof(
  fc.record({ kind: fc.constant('insert' as const), from: fc.oneof(some, fc.constant(0)), lasts, price }),
  fc.record({ kind: fc.constant('set' as const), from: fc.oneof(later, fc.constant(0)), lasts, price }),
  fc.record({ kind: fc.constant('set as one that is there' as const), nth, price }),
  fc.record({ kind: fc.constant('LLM recipe' as const), price }),
  fc.record({ kind: fc.constant('E2B recipe' as const), price }),
  fc.record({
    kind: fc.constantFrom('update one' as const, 'upsert by start' as const, 'merge' as const),
    nth,
    price,
  }),
  fc.record({ kind: fc.constantFrom('ignore duplicates' as const, 'ignore ids' as const), nth, price }),
  fc.record({ kind: fc.constant('expire' as const), nth, lasts }),
  fc.record({ kind: fc.constant('move' as const), nth, to: some }),
  fc.record({ kind: fc.constantFrom('delete' as const), nth }),
  fc.record({ kind: fc.constant('cancel' as const) }),
  fc.record({ kind: fc.constant('use' as const), at: fc.oneof(some, fc.constant(0)) }),
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** What one run in a thousand comes upon: it runs each time. */
const rare: Step[][] = [
  // A recipe when the price ends at that very moment, and none follows.
  [
    { kind: 'insert', from: 0, lasts: 2, price: '1' },
    { kind: 'delete', nth: 0 },
    { kind: 'LLM recipe', price: '3' },
  ],
  // What is scheduled is set again, behind a time without a price that was asked for.
  [
    { kind: 'delete', nth: 0 },
    { kind: 'set', from: 3.5, lasts: undefined, price: '1' },
    { kind: 'insert', from: 0, lasts: 2, price: '1' },
    { kind: 'set as one that is there', nth: 1, price: '3' },
  ],
]

/** A moment as the database takes it, from a distance to now() in hours. */
const at = (hours: number) => `now() + ${hours} * interval '1 hour'`
const until = (hours: number) => (hours === Infinity ? 'null' : at(hours))

/** A statement, and what the timeline says to it. Distances are from `now`. */
function drawn(
  one: Step,
  list: PriceList,
  line: PriceTimeline,
  now: number,
): { statements: string[]; refusal: Refusal | undefined } | undefined {
  const { table, columns, row, prices, where, set, cancel, record, name } = list
  const of = (start: number) => `${where} and effective_date = ${at(start - now)}`
  const insert = (from: number, end: number, value: string, more = '') =>
    `insert into copilot_internal.${table} (${columns}, effective_date, expires_at)
     values (${row(value)}, ${at(from - now)}, ${until(end - now)}) ${more}`
  const start = 'nth' in one ? line.starts()[one.nth % Math.max(1, line.starts().length)] : undefined
  if ('nth' in one && start === undefined) return undefined
  const version = start ?? Number.NaN
  const update = (set: string, from: string) => `update copilot_internal.${table} set ${set} where ${from}`
  const values = (value: string) =>
    prices
      .slice(0, table === 'model_pricing' ? 2 : 1)
      .map((p) => `${p} = ${value}`)
      .join(', ')

  switch (one.kind) {
    case 'insert': {
      const [from, end] = [now + one.from, now + one.from + (one.lasts ?? Infinity)]
      return {
        statements: [insert(from, end, one.price)],
        refusal: line.insert({ from, until: end, price: one.price }, now),
      }
    }
    case 'set': {
      const [from, end] = [now + one.from, now + one.from + (one.lasts ?? Infinity)]
      return {
        statements: [set(one.price, `effective_date => ${at(one.from)}, expires_at => ${until(end - now)}`)],
        refusal: line.set(from, one.price, { until: end, now }),
      }
    }
    case 'set as one that is there':
      return {
        statements: [set(one.price, `effective_date => ${at(version - now)}`)],
        refusal: line.set(version, one.price, { now }),
      }
    case 'LLM recipe':
      return {
        statements: [
          update(`${values(one.price)}, expires_at = now(), updated_at = now()`, where),
          insert(now, Infinity, one.price),
        ],
        refusal: line.recipe(one.price, now),
      }
    case 'E2B recipe':
      return {
        statements: [update(values(one.price), where)],
        refusal: line.reprice(line.starts(), one.price, now),
      }
    case 'update one':
      return {
        statements: [update(values(one.price), of(version))],
        refusal: line.reprice([version], one.price, now),
      }
    case 'upsert by start':
      return {
        statements: [
          insert(
            version,
            Infinity,
            one.price,
            `on conflict (${name}, effective_date) do update set ${values(one.price)}`,
          ),
        ],
        refusal: line.reprice([version], one.price, now),
      }
    case 'merge':
      return {
        statements: [
          `merge into copilot_internal.${table} as t
           using (select id from copilot_internal.${table} where ${of(version)}) as s on t.id = s.id
           when matched then update set ${values(one.price)}`,
        ],
        refusal: line.reprice([version], one.price, now),
      }
    case 'ignore duplicates':
      return {
        statements: [insert(version, Infinity, one.price, 'on conflict do nothing')],
        // Whether a row would leave a gap is looked at before anybody knows that it is there already.
        refusal: undefined,
      }
    case 'ignore ids':
      return {
        statements: [
          `insert into copilot_internal.${table} (id, ${columns})
           select id, ${row(one.price)} from copilot_internal.${table} where ${of(version)} on conflict (id) do nothing`,
        ],
        refusal: undefined,
      }
    case 'expire': {
      const end = version + (one.lasts ?? Infinity)
      // About now is now; moments that a version begins at by a statement of now are whole hours.
      if (end === now) return undefined
      return {
        statements: [update(`expires_at = ${until(end - now)}`, of(version))],
        refusal: line.expire(version, end),
      }
    }
    case 'move':
      return {
        statements: [update(`effective_date = ${at(one.to)}, expires_at = null`, of(version))],
        // To where it is: all that changes is its end, and no history.
        refusal:
          now + one.to === version
            ? line.expire(version, Infinity)
            : line.move(version, now + one.to, Infinity, now),
      }
    case 'delete':
      return {
        statements: [`delete from copilot_internal.${table} where ${of(version)}`],
        refusal: line.remove([version]),
      }
    case 'cancel':
      return { statements: [cancel()], refusal: line.remove(line.starts().filter((from) => from > now)) }
    case 'use':
      line.use(now + one.at)
      return { statements: [record(acme.tenantId, at(one.at))], refusal: undefined }
  }
}

/** Runs statements as one client would, and answers the SQLSTATE of the one that is refused, if any. */
async function sent(session: Session, statements: readonly string[]): Promise<string | undefined> {
  await session.query('savepoint statement')
  try {
    for (const statement of statements) await session.query(statement)
    await session.query('set constraints all immediate')
    await session.query('set constraints all deferred')
    await session.query('release savepoint statement')
    return undefined
  } catch (error) {
    await session.query('rollback to savepoint statement')
    return (error as { code?: string }).code ?? String(error)
  }
}

/** What the list says of each quarter of an hour. */
async function pricesAround(session: Session, list: PriceList): Promise<(string | null)[]> {
  const rows = await session.query(
    `select c.cost from generate_series(${-RANGE}, ${RANGE}, 0.25) as hours
     left join lateral (${list.cost(`now() + hours * interval '1 hour'`)}) as c on true order by hours`,
  )
  return rows.map(({ cost }) => cost ?? null)
}

describe.each([
  { table: 'model_pricing', lists: [modelPrice('p', 'a', '7'), modelPrice('p', 'b', '8')] },
  { table: 'e2b_pricing', lists: [sandboxPrice('t', 'a', '7'), sandboxPrice('u', 'b', '8')] },
] as const)('$table', ({ lists }) => {
  test('each moment has the price that the timeline says', async ({ session }) => {
    const steps = fc.array(fc.tuple(fc.constantFrom(0, 0, 0, 1), step), { minLength: 1, maxLength: 12 })
    await fc.assert(
      fc
        .asyncProperty(steps, async (chosen) => {
          const lines = lists.map((list) => {
            const line = new PriceTimeline()
            line.insert({ from: FIRST, until: Infinity, price: list.seeded }, FIRST)
            return line
          })
          for (const list of lists) {
            await session.query(
              `insert into copilot_internal.${list.table} (${list.columns}, effective_date)
             values (${list.row(list.seeded)}, ${at(FIRST)})`,
            )
          }
          const log: unknown[] = []
          let now = 0
          for (const [which, one] of chosen) {
            const [list = lists[0], line = new PriceTimeline()] = [lists[which], lines[which]]
            const asked = drawn(one, list, line, now)
            if (!asked) continue
            log.push({ now, which, ...one, refused: asked.refusal })
            const refused = await sent(session, asked.statements)
            expect({ log, refused }).toEqual({ log, refused: asked.refusal && SQLSTATES[asked.refusal] })
            await session.run(letTimePass(list, '1 hour'))
            await session.run(`
            alter table copilot_internal.llm_cost_records disable trigger user;
            alter table copilot_internal.e2b_cost_records disable trigger user;
            update copilot_internal.llm_cost_records set recorded_at = recorded_at - interval '1 hour';
            update copilot_internal.e2b_cost_records set recorded_at = recorded_at - interval '1 hour';
            alter table copilot_internal.llm_cost_records enable trigger user;
            alter table copilot_internal.e2b_cost_records enable trigger user`)
            now += 1
          }
          for (const [which, list] of lists.entries()) {
            const expected = Array.from(
              { length: 8 * RANGE + 1 },
              (_, i) => lines[which]?.at(now - RANGE + i / 4) ?? null,
            )
            expect({ log, which, prices: await pricesAround(session, list) }).toEqual({
              log,
              which,
              prices: expected,
            })
          }
          expect(await session.query(misdatedRecords)).toEqual([])
        })
        .beforeEach(() => session.run('savepoint run'))
        .afterEach(() => session.run('rollback to savepoint run; release savepoint run')),
      { numRuns: rare.length + rounds(12), examples: rare.map((steps) => [steps.map((one) => [0, one])]) },
    )
  })
})
