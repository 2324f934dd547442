/**
 * Schema copilot_internal: what it holds. What holds for all of it is the rules' (specs/rules).
 */
import { functions } from '../../../fixtures/functions.ts'
import { tables, views } from '../../../fixtures/tables.ts'
import { test } from '../../harness/index.ts'

test('it holds these tables and no other', async ({ tap }) => {
  await tap.tablesAre('copilot_internal', Object.keys(tables))
})

test('it holds these views and no other', async ({ tap }) => {
  await tap.viewsAre('copilot_internal', Object.keys(views))
})

test('it holds these functions, none of them overloaded', async ({ tap }) => {
  await tap.functionSignaturesAre('copilot_internal', functions)
})

test('it holds nothing else: no sequence, no type, nothing foreign', async ({ tap }) => {
  await tap.sequencesAre('copilot_internal', [])
  await tap.typesAre('copilot_internal', [])
  await tap.materializedViewsAre('copilot_internal', [])
  await tap.foreignTablesAre('copilot_internal', [])
})

test('its comment says who writes it, and who reads it', async ({ tap }) => {
  await tap.commentIs(
    'schema',
    'copilot_internal',
    'What AI agents cost: price lists, cost records, quotas. Written by the platform (service_role), read per tenant.',
  )
})
