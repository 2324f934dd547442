/**
 * Prices that were deleted on purpose stay deleted when the files are run again, and are no error; a list that was dropped is
 * filled anew.
 *
 * Method: on a database with the migrations, in one transaction.
 */
import { owner } from '../../../fixtures/people.ts'
import { migrations, type Session } from '../../engines/index.ts'
import { describe, expect, needs, sampled, test } from '../../harness/index.ts'

const files = migrations()

/** Runs the files, and answers what the price lists are said to hold. */
async function apply(session: Session): Promise<string[]> {
  const notices: string[] = []
  const stop = session.onNotice(({ message }) => notices.push(message))
  for (const { sql } of files) await session.run(sql)
  stop()
  return notices.filter((message) => message.endsWith('seeded'))
}

const COUNTS = `
  select (select count(*) from copilot_internal.e2b_pricing) as tiers,
         (select count(*) from copilot_internal.model_pricing) as models`

describe('stays deleted, and the true count is printed:', () => {
  sampled([
    ['the placeholder tier', `delete from copilot_internal.e2b_pricing where tier = 'gpu'`, 3, 27],
    ['a model', `delete from copilot_internal.model_pricing where model = 'gpt-4'`, 4, 26],
    ['every sandbox price', 'delete from copilot_internal.e2b_pricing', 0, 27],
    ['every model price', 'delete from copilot_internal.model_pricing', 4, 0],
    ['every model price, by truncate', 'truncate copilot_internal.model_pricing cascade', 4, 0],
  ] as const)('%s', async ([, deletion, tiers, models], { session, on }) => {
    await session.run(deletion)
    expect(await apply(session)).toEqual([
      `✓ ${tiers} pricing tiers seeded`,
      `✓ ${models} total pricing records seeded`,
    ])
    await on(session).as(owner)(COUNTS).resultsEq([{ tiers, models }])
  })
})

test('a list that was dropped is filled again, and the other is not', async ({ session, on }) => {
  await session.run(`
    delete from copilot_internal.e2b_pricing where tier = 'gpu';
    drop table copilot_internal.model_pricing cascade`)
  await apply(session)
  await on(session)
    .as(owner)(COUNTS)
    .resultsEq([{ tiers: 3, models: 27 }])
})

needs('thorough-run')(
  'a list that was filled before this was noted is not filled again',
  async ({ session, on }) => {
    await session.run(`
    comment on constraint e2b_pricing_pkey on copilot_internal.e2b_pricing is null;
    comment on constraint model_pricing_pkey on copilot_internal.model_pricing is null;
    delete from copilot_internal.e2b_pricing where tier = 'gpu'`)
    await apply(session)
    await on(session)
      .as(owner)(COUNTS)
      .resultsEq([{ tiers: 3, models: 27 }])
    await session.run('delete from copilot_internal.e2b_pricing')
    await apply(session)
    await on(session)
      .as(owner)(COUNTS)
      .resultsEq([{ tiers: 0, models: 27 }])
  },
)

describe('a list that this run fills is counted:', () => {
  test.for([
    ['e2b_pricing', `new.tier <> 'gpu'`, /^The E2B price list holds 3 of at least 4 tiers/],
    ['model_pricing', `new.model <> 'gpt-4'`, /^The LLM price list holds 26 of at least 27 records/],
  ] as const)('%s', async ([list, arrives, message], { session }) => {
    await session.run(`
      delete from copilot_internal.${list};
      comment on constraint ${list}_pkey on copilot_internal.${list} is null;
      create function public.keep_out() returns trigger language plpgsql as $$
        begin
          return case when ${arrives} then new end;
        end
      $$;
      create trigger keep_out before insert on copilot_internal.${list} for each row execute function public.keep_out()`)
    await expect(apply(session)).rejects.toThrow(message)
    await session.query('rollback')
    await session.query('begin')
  })
})
