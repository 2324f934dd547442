/**
 * What is said of a database besides the nine lines: that nothing was applied, or part of it, or more than is known here.
 */
import { migrations, type Session, splitStatements } from '../../engines/index.ts'
import { describe, expect, test } from '../../harness/index.ts'
import { migrationState } from '../../verify/index.ts'

const remarks = async (session: Session) => (await migrationState(session)).remarks

/** The last that creates something. */
const LAST = '20260107000004_exact_quotas.sql'

/** No history, wherever the migrations have come from. */
const forgotten = (session: Session) => session.run('drop schema if exists supabase_migrations cascade')

/** The history as the Supabase CLI keeps it, with just these versions and what they ran. */
async function noted(session: Session, versions: Readonly<Record<string, string>>): Promise<void> {
  await forgotten(session)
  await session.run(`
    create schema supabase_migrations;
    create table supabase_migrations.schema_migrations (version text primary key, statements text[], name text);`)
  for (const [version, statement] of Object.entries(versions))
    await session.query('insert into supabase_migrations.schema_migrations values ($1, array[$2], $3)', [
      version,
      statement,
      'planted',
    ])
}

/** As the file itself says. */
async function dropLast(session: Session): Promise<void> {
  const { sql = '' } = migrations().find(({ name }) => name === LAST) ?? {}
  const undo = sql.slice(sql.indexOf('-- Undo:') + '-- Undo:'.length, sql.indexOf('then run'))
  await session.run(undo.replaceAll(/^--/gm, ''))
}

test('nothing is said of a database that holds all of it', async ({ session }) => {
  expect(await remarks(session)).toEqual([])
})

test('that nothing was applied', async ({ platform }) => {
  expect(await remarks(platform)).toEqual([
    'Nothing of phase 1 is in this database: apply the migrations first, with `supabase db push` or `psql -f`.',
  ])
})

describe('a migration', () => {
  test('that is missing is named', async ({ session }) => {
    await forgotten(session)
    await dropLast(session)
    expect(await remarks(session)).toEqual([`${LAST} is not applied: \`supabase db push\` does it.`])
  })

  test('that is missing although the history has it is named', async ({ session }) => {
    await dropLast(session)
    await noted(session, { '20260107000004': 'create function copilot_internal.count_quota_anew' })
    expect(await remarks(session)).toEqual([
      `${LAST} is noted as applied, but nothing of it is there: run the file again, which is safe.`,
    ])
  })

  test('that is applied in part fails, with what is missing', async ({ session }) => {
    await session.run(`
      drop view copilot_internal.cost_summary_by_task;
      drop function copilot_internal.quota_status;`)
    const { applied, incomplete, remarks: said } = await migrationState(session)
    expect({ applied, said }).toEqual({ applied: 0, said: [] })
    expect(incomplete).toMatchObject({
      outcome: 'failed',
      have: [
        '20260103000001_cost_tracking_foundation.sql is applied in part: view cost_summary_by_task is missing',
        '20260105000003_quota_reservations.sql is applied in part: function quota_status is missing',
      ].join('\n'),
    })
  })

  test('that is missing before another fails', async ({ session }) => {
    await session.run(`
      drop function copilot_internal.set_quota;
      drop function copilot_internal.my_quota_status;`)
    expect((await migrationState(session)).incomplete).toMatchObject({
      outcome: 'failed',
      have: '20260106000003_quota_management.sql is not applied',
    })
  })

  test('that was left half-way fails, and those after it are pending', async ({ platform }) => {
    const [first, second, third, fourth, fifth] = migrations()
    for (const { sql } of [first, second, third, fourth].flatMap((file) => file ?? []))
      await platform.run(sql)
    const four = await migrationState(platform)
    expect(four).toMatchObject({
      applied: 4,
      remarks: expect.arrayContaining([`${LAST} is not applied: \`supabase db push\` does it.`]),
    })
    expect(four.incomplete).toBeUndefined()

    const statements = splitStatements(fifth?.sql ?? '')
    for (const statement of statements.slice(0, statements.length / 2)) await platform.query(statement)
    expect(await migrationState(platform)).toMatchObject({
      applied: 4,
      incomplete: {
        outcome: 'failed',
        have: expect.stringMatching(/^20260105000002_usage_recording.sql is applied in part: /),
      },
    })
  })
})

describe('a database that is newer than this checkout', () => {
  test('is said to be, with the versions', async ({ session }) => {
    await noted(session, {
      '20990101000001': 'alter table copilot_internal.cost_quotas add column planted int',
      '20990101000002': 'alter table copilot_internal.cost_quotas drop column planted',
    })
    expect(await remarks(session)).toEqual([
      'The database is newer than this checkout, which does not know 20990101000001, 20990101000002: update the checkout; what they add is not judged.',
    ])
  })

  test('is not one that has later migrations of something else', async ({ session }) => {
    await noted(session, { '20990101000001': 'create table public.orders (id int)' })
    expect(await remarks(session)).toEqual([])
  })
})
