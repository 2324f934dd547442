/**
 * What the static step judges, and what it does not: released files, suppressions, SQL that is made while it runs.
 *
 * Method: folders of a test’s own, with a manifest or without, judged on a day that is given.
 */
import { BASE } from '../../../fixtures/predeploy/breaches.ts'
import { describe, expect, test } from '../../harness/index.ts'
import { NOT_ASKED, readFolder, staticStep } from '../../predeploy/index.ts'
import { errorsOf, planted, plantedFolder, release, warningsOf } from './planted-folder.ts'

const FIRST = '20260101000001_base.sql'
const SECOND = '20260102000001_change.sql'
const TODAY = new Date('2026-02-01T00:00:00Z')

async function judge(second: string, first = BASE) {
  return staticStep(await planted({ [FIRST]: first, [SECOND]: second }), { today: TODAY })
}

function notesOf({ notes }: Awaited<ReturnType<typeof staticStep>>): string[] {
  return notes.flatMap(({ kind, text }) => (kind === 'note' ? [text] : []))
}

const DROPS = 'drop table public.notes;'

describe('a suppression', () => {
  const RULE = 'static/nothing-is-destroyed'
  const TIMEOUT = `set lock_timeout = '3s';\n`
  const with_ = (comment: string) => judge(`${TIMEOUT}${comment}\n${DROPS}`)

  test('with rule, day to come and reason lets a finding pass, counted', async () => {
    const result = await with_(`-- predeploy: allow ${RULE} until 2026-02-01: nobody uses it since 0.9`)
    expect(errorsOf(result)).toEqual([])
    expect(notesOf(result).join()).toContain(
      `1 suppression in use.\n${SECOND}:2: 1 × ${RULE}, until 2026-02-01: nobody uses it since 0.9`,
    )
  })

  test.for([
    ['that has ended', `-- predeploy: allow ${RULE} until 2026-01-31: nobody uses it`],
    ['without a day', `-- predeploy: allow ${RULE}: nobody uses it`],
    ['of a day that is none', `-- predeploy: allow ${RULE} until 2026-02-30: nobody uses it`],
    ['without a reason', `-- predeploy: allow ${RULE} until 2026-12-31:`],
    ['of no rule', `-- predeploy: allow static/nothing until 2026-12-31: nobody uses it`],
    ['that cannot be read', '-- predeploy: please'],
  ] as const)('%s is an error, and suppresses nothing', async ([, comment]) => {
    const errors = errorsOf(await with_(comment))
    expect(errors).toEqual([`${RULE}: ${SECOND}:3, public.notes`, `static/suppressions: ${SECOND}:2`])
  })

  test('that is not right above the statement suppresses nothing', async () => {
    const result = await with_(`-- predeploy: allow ${RULE} until 2026-12-31: nobody uses it\n`)
    expect(errorsOf(result)).toEqual([`${RULE}: ${SECOND}:4, public.notes`])
    expect(warningsOf(result).join()).toContain(`${SECOND}:2: It suppresses ${RULE}, and there is nothing`)
  })

  test('that has nothing to suppress is a warning', async () => {
    const result = await judge(`-- predeploy: allow ${RULE} until 2026-12-31: nobody uses it\nselect 1;`)
    expect(errorsOf(result)).toEqual([])
    expect(warningsOf(result)).toHaveLength(1)
  })

  test('above a DO block is for all in it, one in it for its line', async () => {
    const comment = `-- predeploy: allow ${RULE} until 2026-12-31: nobody uses it`
    const twice = (above: string, within: string) =>
      judge(`${TIMEOUT}${above}\ndo $$ begin\n${within}\n${DROPS}\ndrop table public.authors;\nend $$;`)
    expect(errorsOf(await twice(comment, ''))).toEqual([])
    expect(errorsOf(await twice('', comment))).toEqual([`${RULE}: ${SECOND}:6, public.authors`])
  })

  test('of squawk’s own kind has no effect', async () => {
    const result = await judge(
      `${TIMEOUT}-- squawk-ignore renaming-column\nalter table public.notes rename body /* squawk-ignore */ to text;`,
    )
    expect(errorsOf(result)).toEqual([`static/squawk/renaming-column: ${SECOND}:3, public.notes`])
  })
})

describe('what was there before', () => {
  const BREACH = `alter table public.notes drop column body;`

  async function withReleased(count: number) {
    const path = plantedFolder({ [FIRST]: BASE, [SECOND]: BREACH })
    await release(path, count)
    return staticStep(await readFolder(path), { today: TODAY })
  }

  test('is, without a manifest, what an earlier file made', async () => {
    expect(errorsOf(await judge(BREACH)).map((id) => id.split(':')[0])).toEqual([
      'static/nothing-is-destroyed',
      'static/locks-have-a-timeout',
    ])
  })

  test('is, with a manifest, what a released file made', async () => {
    expect(errorsOf(await withReleased(0))).toEqual([])
    expect(errorsOf(await withReleased(1))).toHaveLength(2)
  })

  test('is the platform’s, where no file makes it', async () => {
    expect(errorsOf(await judge('delete from auth.users;'))).toEqual([
      `static/nothing-is-destroyed: ${SECOND}:1, auth.users`,
    ])
  })

  test('a released file is not judged for what happened when it was applied', async () => {
    expect(errorsOf(await withReleased(2))).toEqual([])
  })

  test('a released file’s state is a warning, to be cured by a new migration', async () => {
    const path = plantedFolder({ [FIRST]: 'create table app.tags (id bigint primary key);' })
    await release(path)
    const result = await staticStep(await readFolder(path), { today: TODAY })
    expect(errorsOf(result)).toEqual([])
    expect(warningsOf(result).join()).toContain('cure it in a new migration')
  })
})

describe('a policy', () => {
  const WIDER = `set lock_timeout = '3s';\nalter policy notes_select_author on public.notes using (true);`
  const RULE = 'static/policies-are-not-widened'
  const widened = async (path: string) =>
    errorsOf(await staticStep(await readFolder(path), { today: TODAY })).filter((id) => id.startsWith(RULE))

  test('that no database has yet may be widened', async () => {
    const path = plantedFolder({ [FIRST]: BASE, [SECOND]: WIDER })
    await release(path, 0)
    expect(await widened(path)).toEqual([])
    await release(path, 1)
    expect(await widened(path)).toHaveLength(1)
  })

  test('is compared with what was there, not with what its file made', async () => {
    const twice = `set lock_timeout = '3s';
alter policy notes_select_author on public.notes using (author_id = (select auth.uid()) and size > 0 and body <> '');
alter policy notes_select_author on public.notes using (author_id = (select auth.uid()));`
    expect(await widened(plantedFolder({ [FIRST]: BASE, [SECOND]: twice }))).toEqual([
      `${RULE}: ${SECOND}:3, notes_select_author on public.notes`,
    ])
  })
})

describe('SQL that is made while it runs', () => {
  test('in a DO block and in a function is counted, with its lines', async () => {
    const result = await judge(`do $$ begin
  execute format('drop table %I', 'notes');
end $$;
create function app.f() returns void language plpgsql as $$
begin
  execute 'select ' || 1;
end $$;`)
    const [note = ''] = notesOf(result)
    expect(note).toContain('1 place run SQL that is made while the file is applied')
    expect(note).toContain('1 place in functions')
    expect(note).toContain(`${SECOND}: 2, 6`)
  })

  test('of another language is counted as a whole', async () => {
    const [note = ''] = notesOf(await judge(`select 1;\ndo language plpython3u $$ pass $$;`))
    expect(note).toContain(`${SECOND}: 2`)
  })

  test('that is a constant is judged as what it is', async () => {
    const result = await judge(`do $$ begin execute 'alter role reporter bypassrls'; end $$;`)
    expect(errorsOf(result)).toEqual([`static/roles-stay-bounded: ${SECOND}:1, reporter`])
    expect(notesOf(result)).toEqual([])
  })

  test('of a string that another statement runs is judged, and counted', async () => {
    const result = await judge(`do $$ declare one text; begin
  foreach one in array array['grant all on public.notes to app_user'] loop
    execute one;
  end loop;
end $$;`)
    expect(errorsOf(result)).toEqual([`static/grants-are-explicit: ${SECOND}:2, public.notes`])
    expect(notesOf(result).join()).toContain(`${SECOND}: 3`)
  })
})

test('names without a schema are those of the search_path', async () => {
  const result = await judge(`set search_path = app, public;\ncreate table tags (id bigint primary key);`)
  expect(errorsOf(result)).toEqual([`static/tables-have-row-level-security: ${SECOND}:2, app.tags`])
})

test('a table that is renamed is the same table', async () => {
  const result = await judge(
    `set lock_timeout = '3s';
-- predeploy: allow static/squawk/renaming-table until 2026-12-31: the application knows both
alter table public.notes rename to pages;
alter table public.pages drop column body;`,
  )
  expect(errorsOf(result)).toEqual([`static/nothing-is-destroyed: ${SECOND}:4, public.pages.body`])
})

test('every rule of squawk that is not asked has a reason', () => {
  expect(Object.values(NOT_ASKED).filter((reason) => reason.length < 10)).toEqual([])
})

const view = (option: string) =>
  `create view public.sizes with (security_invoker${option}) as select id, size from public.notes;`

test.for(['', ' = yes', ' = TRUE', " = 'ye'", ' = on', " = 'On'", ' = 1', ' = t', " = 'tru'", ' = Y'])(
  'a view with security_invoker%s reads as whoever asks',
  async (option) => {
    expect(errorsOf(await judge(view(option)))).toEqual([])
  },
)

test.for([' = no', ' = off', ' = 0', " = 'f'"])(
  'a view with security_invoker%s reads as its owner',
  async (option) => {
    expect(errorsOf(await judge(view(option)))).toEqual([
      `static/views-run-as-whoever-asks: ${SECOND}:1, public.sizes`,
    ])
  },
)
