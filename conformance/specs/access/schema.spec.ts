/**
 * Schema copilot_internal itself: who may look into it, and that nobody puts anything there.
 *
 * Method: what the server says of each role of the API, and what happens to whoever tries.
 */
import { acme, service, visitor } from '../../../fixtures/people.ts'
import { expect, test } from '../../harness/index.ts'

test('members and the platform may use it, and nobody else', async ({ session }) => {
  const rows = await session.query(`
    select role, has_schema_privilege(role, 'copilot_internal', 'usage') as uses,
           has_schema_privilege(role, 'copilot_internal', 'create') as creates
    from unnest(array['anon', 'authenticated', 'service_role', 'public']) as r (role)
    order by role`)
  expect(rows).toEqual([
    { role: 'anon', uses: 'f', creates: 'f' },
    { role: 'authenticated', uses: 't', creates: 'f' },
    { role: 'public', uses: 'f', creates: 'f' },
    { role: 'service_role', uses: 't', creates: 'f' },
  ])
})

test('a visitor is told nothing, whatever exists', async ({ as }) => {
  await as(visitor)`select from copilot_internal.nothing_of_the_kind`.throwsOk('42501')
  await as(acme)`select from copilot_internal.nothing_of_the_kind`.throwsOk('42P01')
})

test('nobody puts anything there', async ({ as }) => {
  for (const actor of [visitor, acme, service])
    await as(actor)`create table copilot_internal.mine (x integer)`.throwsOk('42501')
})
