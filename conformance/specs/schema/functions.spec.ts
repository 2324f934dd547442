/**
 * What the server may do with a function of the product: run it in a parallel worker, with whose rights, with which names.
 */
import { expect, test } from '../../harness/index.ts'

const FUNCTIONS = `
  select p.oid::regprocedure::text as function from pg_proc as p where p.pronamespace = 'copilot_internal'::regnamespace`

test('there are functions', async ({ session }) => {
  expect((await session.query(FUNCTIONS)).length).toBeGreaterThan(90)
})

test('no function runs in a parallel worker, where it could not write', async ({ session }) => {
  expect(await session.query(`${FUNCTIONS} and proparallel <> 'u'`)).toEqual([])
})

test('no function runs with the rights of its owner', async ({ session }) => {
  expect(await session.query(`${FUNCTIONS} and prosecdef`)).toEqual([])
})

test('no function finds names by whatever path its caller has set', async ({ session }) => {
  expect(
    await session.query(`${FUNCTIONS} and not coalesce(proconfig, '{}') @> array['search_path=""']`),
  ).toEqual([])
})

test('no function leaves out a call because an argument is NULL', async ({ session }) => {
  expect(await session.query(`${FUNCTIONS} and proisstrict`)).toEqual([])
})
