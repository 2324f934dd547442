/**
 * copilot_internal.record_llm_usage_batch, record_e2b_usage_batch — many reports in one call: all of them, or none.
 *
 * Method: small batches of each kind; the writes to quotas are counted by a trigger of the test's own.
 */
import { acme, birch, owner, service } from '../../../fixtures/people.ts'
import { describe, expect, fixture, test } from '../../harness/index.ts'

test.beforeEach(({ session }) => session.run(fixture('quotas')))

type Report = Readonly<Record<string, unknown>>

const kinds = [
  {
    kind: 'llm',
    records: 'llm_cost_records',
    single: 'record_llm_usage',
    report: {
      tenant_id: acme.tenantId,
      provider: 'openai',
      model: 'gpt-4',
      input_tokens: 1000,
      output_tokens: 0,
    },
    quantity: 'input_tokens',
    unpriced: { model: 'in-house' },
    defaults: `is_estimated, metadata::text, recorded_at = now() as dated, is_batch, cached_input_tokens as cached`,
    wantedDefaults: { is_estimated: false, metadata: '{}', dated: true, is_batch: false, cached: 0 },
  },
  {
    kind: 'e2b',
    records: 'e2b_cost_records',
    single: 'record_e2b_usage',
    report: { tenant_id: acme.tenantId, tier: 'standard', region: 'us-east-1', execution_time_seconds: 300 },
    quantity: 'execution_time_seconds',
    unpriced: { tier: 'mainframe' },
    defaults: `is_estimated, metadata::text, recorded_at = now() as dated, status, trim_scale(cpu_core_seconds) as cores`,
    wantedDefaults: { is_estimated: false, metadata: '{}', dated: true, status: 'completed', cores: 0 },
  },
] as const

/** Counts how often each quota is written. */
const COUNT_WRITES = `
  create table public.writes (quota_id uuid);
  create function public.count_write() returns trigger language plpgsql as $$
    begin insert into public.writes values (new.id); return null; end $$;
  create trigger _900_count after update on copilot_internal.cost_quotas for each row execute function public.count_write();`

describe.each(kinds)(
  '$kind',
  ({ kind, records, single, report, quantity, unpriced, defaults, wantedDefaults }) => {
    const batch = (...reports: readonly unknown[]) =>
      [`select * from copilot_internal.record_${kind}_usage_batch($1)`, JSON.stringify(reports)] as const
    const answered = (columns: string, ...reports: readonly unknown[]) =>
      [
        `select ${columns} from copilot_internal.record_${kind}_usage_batch($1) with ordinality as r order by r.ordinality`,
        JSON.stringify(reports),
      ] as const
    const of = (more: Report): Report => ({ ...report, ...more })
    const named = (request: string, more: Report = {}) => of({ request_id: request, ...more })
    const spent = `
    select scope, trim_scale(spent_usd) as spent from copilot_internal.cost_quotas
    where resource_type = 'all' and spent_usd <> 0 order by scope, scope_id`
    const nothing = async (
      as: (actor: typeof owner) => (sql: string) => { isEmpty(): PromiseLike<unknown> },
    ) => {
      await as(owner)(`select id from copilot_internal.${records}`).isEmpty()
      await as(owner)(`select request_id from copilot_internal.usage_requests`).isEmpty()
      await as(owner)(spent).isEmpty()
    }

    test('answers come in the order of the reports', async ({ as }) => {
      const sizes = [3000, 1, 200, 40]
      await as(service)(
        ...answered(
          `${quantity}::bigint as size, request_id`,
          ...sizes.map((size) => of({ [quantity]: size, request_id: `req-${size}` })),
        ),
      ).resultsEq(sizes.map((size) => ({ size, request_id: `req-${size}` })))
    })

    test('what is left out has the default of a single call', async ({ as }) => {
      await as(service)(...answered(defaults, report)).resultsEq([wantedDefaults])
    })

    test('every record is charged, to those concerned', async ({ as }) => {
      await as(service)(
        ...batch(of({ user_id: acme.userId }), report, of({ tenant_id: birch.tenantId }), of(unpriced)),
      ).livesOk()
      await as(owner)(spent).resultsEq([
        { scope: 'platform', spent: '0.09' },
        { scope: 'tenant', spent: '0.06' },
        { scope: 'tenant', spent: '0.03' },
        { scope: 'user', spent: '0.03' },
      ])
    })

    test('each quota is written once, however many records', async ({ as, session }) => {
      await session.run(COUNT_WRITES)
      const many = Array.from({ length: 50 }, (_, i) =>
        of({ user_id: i % 2 ? acme.userId : null, tenant_id: i % 3 ? acme.tenantId : birch.tenantId }),
      )
      await session.query(...batchOf(batch(...many)))
      await as(owner)`
      select count(*) as quotas, max(n) as writes from (select count(*) as n from public.writes group by quota_id) as w`.resultsEq(
        [{ quotas: 8, writes: 1 }],
      )
    })

    test('an empty one answers nothing', async ({ as }) => {
      await as(service)(...batch()).isEmpty()
      await nothing(as)
    })

    test('a request that is twice in it is recorded once, for both', async ({ as }) => {
      await as(service)(
        ...answered(`${quantity}::bigint as size`, named('req-1'), report, named('req-1', { [quantity]: 7 })),
      ).resultsEq([
        { size: Number(report[quantity as keyof typeof report]) },
        { size: Number(report[quantity as keyof typeof report]) },
        { size: Number(report[quantity as keyof typeof report]) },
      ])
      await as(owner)(`select count(*) as records from copilot_internal.${records}`).resultsEq([
        { records: 2 },
      ])
      await as(owner)(`${spent} limit 1`).resultsEq([{ scope: 'platform', spent: '0.06' }])
    })

    test('one that is twice in it with other numbers is warned of', async ({ as }) => {
      await as(service)(...batch(named('req-1'), named('req-1', { [quantity]: 7 }))).raisesNotices([
        'Request req-1 was recorded before with other numbers; the first record stands.',
      ])
    })

    test('a known request is answered by its record, beside new ones', async ({ as, session }) => {
      const [first] = await session.query(...batchOf(batch(named('req-1'))))
      await as(service)(
        ...answered(`id = '${first?.['id']}' as known`, named('req-2'), named('req-1'), report),
      ).resultsEq([{ known: false }, { known: true }, { known: false }])
      await as(owner)(`${spent} limit 1`).resultsEq([{ scope: 'platform', spent: '0.09' }])
    })

    test('a known one with other numbers is warned of', async ({ as, session }) => {
      await session.query(...batchOf(batch(named('req-1'))))
      await as(service)(...batch(report, named('req-1', { [quantity]: 7 }))).raisesNotices([
        'Request req-1 was recorded before with other numbers; the first record stands.',
      ])
    })

    test('one that was voided is answered, and charges nothing', async ({ as, session }) => {
      const [first] = await session.query(...batchOf(batch(named('req-1'))))
      await session.query(`select copilot_internal.void_usage('${acme.tenantId}', '${kind}', 'req-1')`)
      await as(service)(
        ...answered(`id = '${first?.['id']}' as known`, named('req-1'), named('req-1')),
      ).resultsEq([{ known: true }, { known: true }])
      await nothing2(as)
    })

    test('sent twice, it is recorded once', async ({ as, session }) => {
      const whole = batch(named('req-1'), named('req-2'), named('req-3'))
      const first = await session.query(...batchOf(whole))
      await as(service)(...whole).resultsEq(first)
      await as(owner)(`${spent} limit 1`).resultsEq([{ scope: 'platform', spent: '0.09' }])
    })

    test('holds are closed, also that of a request that comes twice', async ({ as, session }) => {
      const ids = []
      for (const _ of [1, 2, 3]) {
        const [hold] = await session.query(
          `select reservation_id as id from copilot_internal.reserve_quota('${acme.tenantId}', '${kind}', 1)`,
        )
        ids.push(hold?.['id'])
      }
      await as(service)(
        ...batch(
          of({ reservation_id: ids[0] }),
          named('req-1', { reservation_id: ids[1] }),
          named('req-1', { reservation_id: ids[2] }),
        ),
      ).livesOk()
      await as(owner)`
      select count(*) as open from copilot_internal.quota_reservations where closed_at is null`.resultsEq([
        { open: 0 },
      ])
    })

    describe('a bad report', () => {
      const bads: readonly (readonly [string, unknown, string, RegExp])[] = [
        ['a null', of({ tenant_id: null }), '22004', /must not be NULL/],
        ['nothing where something is needed', of({ [quantity]: undefined }), '22004', /must not be NULL/],
        ['a null where there is a default', of({ metadata: null }), '22004', /must not be NULL/],
        ['a null time', of({ recorded_at: null }), '22004', /must not be NULL/],
        ['a negative quantity', of({ [quantity]: -1 }), '22023', /0 or more/],
        ['a bad uuid', of({ tenant_id: 'acme' }), '22P02', /uuid: "acme"/],
        ['a bad user', of({ user_id: '7' }), '22P02', /uuid: "7"/],
        ['a word for a number', of({ [quantity]: 'many' }), '22P02', /many/],
        ['an object for a number', of({ [quantity]: {} }), '22P02', /./],
        ['an unknown key', of({ input: 1 }), '22023', /unknown key 'input'/],
        [
          'a key that only the product sets',
          of({ total_cost_usd: 0 }),
          '22023',
          /unknown key 'total_cost_usd'/,
        ],
        ['an id of its own', of({ id: acme.userId }), '22023', /unknown key 'id'/],
        ['no object but an array', [report], '22023', /no JSON object/],
        ['no object but a text', 'report', '22023', /no JSON object/],
        ['no object but null', null, '22023', /no JSON object/],
        ['too big a number', of({ [quantity]: 1e30 }), '22003', /./],
        ['a blank request', named(' '), '22023', /must not be blank/],
        ['a long request', named('x'.repeat(1001)), '22023', /1000 bytes/],
        ['a long conversation', of({ conversation_id: 'x'.repeat(1001) }), '22023', /1000 bytes/],
        ['an infinite time', of({ recorded_at: 'infinity' }), '22023', /finite/],
        ['no time', of({ recorded_at: 'yesterday noon' }), '22007', /timestamp/],
        ['metadata that are no object', of({ metadata: [1] }), '22023', /metadata/],
      ]

      test.for(bads)(
        '%s is named by its position, and nothing is recorded',
        async ([, bad, code, message], { as }) => {
          await as(service)(...batch(named('req-1'), named('req-2'), bad, named('req-4'))).throwsOk(code, {
            message: new RegExp(`^Record 3 of 4: .*${message.source}`, 's'),
            detail: /./,
            hint: /./,
          })
          await nothing(as)
        },
      )

      test('the first of several is named', async ({ as }) => {
        await as(service)(...batch(report, of({ [quantity]: -1 }), of({ tenant_id: 'acme' }))).throwsOk(
          '22023',
          {
            message: /^Record 2 of 3: /,
          },
        )
      })
    })

    test.for([
      ['null', '22004', /must not be NULL/],
      [`'{}'`, '22023', /JSON array/],
      [`'null'`, '22023', /JSON array/],
      [`'7'`, '22023', /JSON array/],
    ] as const)('(%s) is refused with %s', async ([arg, code, message], { as }) => {
      await as(service)(`select copilot_internal.record_${kind}_usage_batch(${arg})`).throwsOk(code, {
        message,
      })
    })

    test('a report in it is known to a single call, and the other way', async ({ as, session }) => {
      const args = (request: string) =>
        `${Object.values(report)
          .map((value) => (typeof value === 'number' ? value : `'${value}'`))
          .join(', ')}, request_id => '${request}'`
      await session.query(...batchOf(batch(named('req-1'))))
      await session.query(`select copilot_internal.${single}(${args('req-1')})`)
      await session.query(`select copilot_internal.${single}(${args('req-2')})`)
      await session.query(...batchOf(batch(named('req-2'))))
      expect(await session.query(`select count(*) from copilot_internal.${records}`)).toEqual([
        { count: '2' },
      ])
      await as(owner)(`${spent} limit 1`).resultsEq([{ scope: 'platform', spent: '0.06' }])
    })

    const nothing2 = async (as: Parameters<typeof nothing>[0]) => {
      await as(owner)(`select id from copilot_internal.${records}`).isEmpty()
      await as(owner)(spent).isEmpty()
    }
  },
)

/** The arguments of session.query. */
function batchOf([text, ...values]: readonly [string, string]): [string, string[]] {
  return [text, values]
}
