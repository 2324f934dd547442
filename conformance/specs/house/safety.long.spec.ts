/**
 * What a verification does to the database it looks at: it reads, and leaves nothing.
 *
 * Method: the server writes down every statement (`log_statement = all`), and PostgreSQL's own parser says what each is.
 */
import { readFileSync } from 'node:fs'
import {
  connectRemote,
  migrations,
  type RunningEngine,
  type Session,
  splitStatements,
} from '../../engines/index.ts'
import {
  afterAll,
  beforeAll,
  describe,
  expect,
  fixture,
  LOGGING,
  type Logged,
  pooledServer,
  referenceServer,
  statementsUntil,
  test,
  verb,
} from '../../harness/index.ts'
import { type Parsed, parsedStatement } from '../../syntax/index.ts'
import { inReadOnlyTransaction, migrationState, mustSeeEnough, verifyFull } from '../../verify/index.ts'

const APPLICATION = 'phase1-verification'

/** Functions that are volatile by Postgres' own account, and why they may be called all the same. */
const HARMLESS: Readonly<Record<string, string>> = {
  set_config: 'with its last argument true it sets for the transaction alone: see the claim on it',
}

let server: RunningEngine
let url: URL
beforeAll(async () => {
  server = await referenceServer(LOGGING)
  url = new URL((await server.open()).url ?? '')
})
afterAll(() => server.stop())

const databaseOf = ({ pathname }: URL) => pathname.slice(1)
const named = (statements: readonly Logged[]) =>
  statements.filter(({ application }) => application === APPLICATION)
const ended = (statements: readonly Logged[]) =>
  named(statements).some(({ text }) => /^rollback$/i.test(text))

async function asOwner<T>(work: (session: Session) => Promise<T>): Promise<T> {
  const session = await connectRemote(url.href)
  try {
    return await work(session)
  } finally {
    await session.close()
  }
}

describe('everything a verification runs', () => {
  let texts: string[]
  let statements: Parsed[]
  let before: string[]
  /** How often each function of the product was called so far. */
  const calls = () =>
    asOwner((session) =>
      session.query(
        `select p.proname as name, p.provolatile as volatility, f.calls from pg_stat_user_functions as f
         join pg_proc as p on p.oid = f.funcid where f.schemaname = 'copilot_internal' order by 1`,
      ),
    )
  beforeAll(async () => {
    // All that it can run: the nine checks and, on a database that is in use, whatever --full adds.
    await asOwner((session) => session.run(fixture('a-metered-platform')))
    before = (await calls()).map((row) => JSON.stringify(row))
    const run = await verb('verify-phase1-migrations', ['--full'], { DATABASE_URL: url.href })
    expect(run).toMatchObject({ exitCode: 0 })
    const logged = await statementsUntil(server, databaseOf(url), ended)
    const sessions = new Set(named(logged).map(({ pid }) => pid))
    expect(sessions.size).toBe(1)
    texts = logged.filter(({ pid }) => sessions.has(pid)).map(({ text }) => text)
    // All but `begin` and what sets the name.
    expect(named(logged)).toHaveLength(texts.length - 2)
    statements = await Promise.all(texts.map(parsedStatement))
  })

  test('is in one transaction, read-only, which is rolled back', () => {
    expect(texts[0]).toBe('begin transaction isolation level repeatable read, read only')
    expect(texts.at(-1)).toBe('rollback')
    const others = statements.slice(1, -1).map(({ kind }) => kind)
    expect(new Set(others)).toEqual(new Set(['SelectStmt', 'TRANS_STMT_SAVEPOINT', 'TRANS_STMT_RELEASE']))
  })

  test('writes nothing, locks nothing and makes nothing', () => {
    const nodes = new Set(statements.flatMap(({ nodes }) => [...nodes]))
    const reading = [...nodes].filter((node) => /Stmt$/.test(node))
    expect(reading.sort()).toEqual(['SelectStmt', 'TransactionStmt'])
    for (const node of ['LockingClause', 'lockingClause', 'intoClause', 'IntoClause'])
      expect(nodes).not.toContain(node)
  })

  test('calls no function that has an effect, but those with a reason', async () => {
    const names = [...new Set(statements.flatMap(({ calls }) => calls.map(({ name }) => name)))]
    const known = await asOwner((session) =>
      session.query(
        `select proname as name, bool_or(provolatile = 'v') as volatile from pg_proc where proname = any($1) group by 1`,
        [names],
      ),
    )
    // Some are grammar, not functions: a name that the catalog does not know was not called.
    expect(known.length).toBeGreaterThan(10)
    const effects = known.filter(({ volatile }) => volatile === 't').map(({ name }) => name)
    expect(effects).toEqual(Object.keys(HARMLESS))
  })

  test('calls of the product nothing but what calculates', async () => {
    const called = (await calls()).filter((row) => !before.includes(JSON.stringify(row)))
    expect(called.map(({ name, volatility }) => `${name} ${volatility}`)).toEqual([
      'calculate_dearest_price i',
      'calculate_e2b_cost s',
      'calculate_e2b_rates s',
      'calculate_llm_cost s',
      'calculate_llm_cost_detailed s',
      'calculate_llm_rates s',
      'calculate_llm_records s',
      'calculate_scaled_price i',
      'get_current_model_pricing s',
      'quota_held_usd s',
    ])
  })

  test('sets what it sets for this transaction alone', () => {
    const sets = statements.flatMap(({ calls }) => calls.filter(({ name }) => name === 'set_config'))
    expect(sets.length).toBeGreaterThan(0)
    expect(sets.filter(({ lastIsTrue }) => !lastIsTrue)).toEqual([])
  })
})

test('timeouts, name and an empty search path hold within, and only there', async () => {
  const settings = `select name, setting from pg_settings where name in ('application_name', 'statement_timeout',
    'lock_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout', 'search_path') order by 1`
  await asOwner(async (session) => {
    await session.query(`set application_name = 'before'`)
    const before = await session.query(settings)
    const within = await inReadOnlyTransaction(session, () => session.query(settings), {
      statementTimeoutMs: 1_234,
    })
    expect(Object.fromEntries(within.map(({ name, setting }) => [name, setting]))).toEqual({
      application_name: APPLICATION,
      idle_in_transaction_session_timeout: '60000',
      lock_timeout: '617',
      search_path: '',
      statement_timeout: '1234',
      transaction_timeout: '600000',
    })
    expect(await session.query(settings)).toEqual(before)
  })
})

describe('a session that could write', () => {
  test('is refused before any check is run in it', async () => {
    await asOwner(async (session) => {
      const asked: string[] = []
      const planted: Session = {
        ...session,
        query: (text, values) => {
          asked.push(text)
          return session.query(text.replace(', read only', ''), values)
        },
      }
      let ran = false
      const work = async () => {
        ran = true
      }
      await expect(inReadOnlyTransaction(planted, work)).rejects.toThrow(/^The session is not read-only/)
      expect(ran).toBe(false)
      expect(asked.map((text) => text.trim().slice(0, 15))).toEqual([
        'begin transacti',
        'select set_conf',
        'select current_',
        'rollback',
      ])
    })
  })

  test('cannot, once it is a verification’s', async () => {
    await asOwner(async (session) => {
      const write = () => session.query('delete from copilot_internal.e2b_pricing')
      await expect(inReadOnlyTransaction(session, write)).rejects.toMatchObject({ code: '25006' })
    })
  })
})

test('through a transaction-mode pooler it passes and leaves nothing behind', async ({ skip }) => {
  const pooled = await pooledServer(LOGGING, skip)
  try {
    const database = await pooled.open()
    const behind = new URL(database.url ?? '')
    /** The backend that is free, and everything that is set in it. */
    const backend = async () => {
      const session = await database.connect()
      const rows = await session.query(
        // Without those of modules, which are there once somebody has used one.
        `select pg_backend_pid() as pid, string_agg(name || ' ' || setting, chr(10) order by name) as settings
         from pg_settings where name not like '%.%'`,
      )
      await session.close()
      return rows
    }
    const before = await backend()
    const run = await verb('verify-phase1-migrations', [], { DATABASE_URL: behind.href })
    expect(run).toMatchObject({ exitCode: 0 })
    const used = named(await statementsUntil(pooled, databaseOf(behind), ended))
    expect([...new Set(used.map(({ pid }) => String(pid)))]).toEqual([before[0]?.['pid']])
    expect(await backend()).toEqual(before)
  } finally {
    await pooled.stop()
  }
})

describe('a login with the grants of the documents and no others', () => {
  const PASSWORD = 'of-a-spec'
  const page = readFileSync(new URL('../../../docs/verifying.md', import.meta.url), 'utf8')
  /** The block of SQL of the page that begins like this. */
  const grantsOf = (beginning: string) => {
    const block = page.split('```').find((text) => text.startsWith(`sql\n${beginning}`))
    expect(block).toMatch(/^grant /m)
    return (block ?? '').slice('sql\n'.length)
  }
  const reader = () => Object.assign(new URL(url), { username: 'phase1_reader', password: PASSWORD }).href

  beforeAll(async () => {
    await asOwner(async (session) => {
      // As the Supabase CLI makes it.
      await session.run(`
        create schema supabase_migrations;
        create table supabase_migrations.schema_migrations (version text primary key, statements text[], name text);`)
      for (const { name, sql } of migrations())
        await session.query('insert into supabase_migrations.schema_migrations values ($1, $2, $3)', [
          name.slice(0, 14),
          splitStatements(sql),
          name.slice(15).replace('.sql', ''),
        ])
      await session.run(grantsOf('create role phase1_reader').replace('choose one', PASSWORD))
      await session.run('grant phase1_reader to postgres') // to put it on for a statement
    })
  })

  test('sees enough, and is no more than a reader', async () => {
    const run = await verb('verify-phase1-migrations', [], { DATABASE_URL: reader() })
    expect(run).toMatchObject({ exitCode: 0 })
    expect(run.stdout).toMatch(/PASSED/)
    expect(run.stderr).toMatch(/as phase1_reader\.\nNot checked without --full: .*\nTook/)
    const session = await connectRemote(reader())
    for (const refused of [
      `insert into copilot_internal.e2b_pricing (tier, region, price_per_second) values ('x', 'y', 1)`,
      `select copilot_internal.set_e2b_price('standard', 'us-east-1', 1)`,
    ])
      await expect(session.query(refused)).rejects.toMatchObject({ code: '42501' })
    await session.close()
  })

  test('says what it did not see of the history', async () => {
    await asOwner((session) =>
      session.run('revoke select on supabase_migrations.schema_migrations from phase1_reader'),
    )
    const session = await connectRemote(reader())
    expect((await migrationState(session)).remarks).toEqual([
      'The history of migrations was not read: that takes usage on schema supabase_migrations and select on its table schema_migrations.',
    ])
    await session.close()
    await asOwner((session) =>
      session.run('grant select on supabase_migrations.schema_migrations to phase1_reader'),
    )
  })

  const from = 'from authenticated'
  test.for([
    [`revoke usage on schema copilot_internal ${from}`, 'usage on schema copilot_internal'],
    [`revoke select on copilot_internal.e2b_pricing ${from}`, 'select on copilot_internal.e2b_pricing'],
    [`revoke select on copilot_internal.model_pricing ${from}`, 'select on copilot_internal.model_pricing'],
    [
      `revoke execute on function copilot_internal.calculate_llm_cost ${from}`,
      'execute on copilot_internal.calculate_llm_cost(',
    ],
    [
      `revoke execute on function copilot_internal.calculate_e2b_cost ${from}`,
      'execute on copilot_internal.calculate_e2b_cost(',
    ],
    [
      `alter policy e2b_pricing_select_authenticated on copilot_internal.e2b_pricing to service_role`,
      'membership in service_role (row level security of copilot_internal.e2b_pricing',
    ],
  ] as const)('is told what it lacks after: %s', async ([damage, lacking]) => {
    await asOwner(async (session) => {
      await session.query('begin')
      await session.query(damage)
      await session.query('set local role phase1_reader')
      const refusal = await mustSeeEnough(session).catch((error: Error) => error)
      expect(refusal).toMatchObject({ name: 'Unavailable' })
      expect(refusal?.message).toContain(
        `phase1_reader cannot see enough to verify phase 1: it lacks ${lacking}`,
      )
      expect(refusal?.message).toContain('`grant authenticated to phase1_reader`')
      await session.query('rollback')
    })
  })

  test('sees with --full what more grants of the documents show it', async () => {
    const full = async () => {
      const session = await connectRemote(reader())
      const { findings } = await inReadOnlyTransaction(session, () => verifyFull(session))
      await session.close()
      return findings.filter(({ outcome }) => outcome !== 'passed')
    }
    const unseen = await full()
    expect(new Set(unseen.map(({ outcome }) => outcome))).toEqual(new Set(['error']))
    expect(JSON.stringify(unseen)).toMatch(/row level security hides rows of cost_quotas from phase1_reader/)
    await asOwner((session) => session.run(grantsOf('alter role phase1_reader bypassrls')))
    expect(await full()).toEqual([])
    await asOwner((session) =>
      session.run(`
        alter role phase1_reader nobypassrls;
        revoke pg_read_all_data from phase1_reader;
        revoke execute on function copilot_internal.quota_held_usd(text, uuid, text) from phase1_reader;`),
    )
  })

  test('without any of them it exits with 2, and no line is printed', async () => {
    await asOwner((session) => session.run('revoke authenticated from phase1_reader'))
    const run = await verb('verify-phase1-migrations', [], { DATABASE_URL: reader() })
    expect(run).toMatchObject({ exitCode: 2, stdout: '' })
    expect(run.stderr).toMatch(
      /Could not check: phase1_reader cannot see enough .* usage on schema copilot_internal, select on /,
    )
  })
})
