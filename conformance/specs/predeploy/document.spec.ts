/** docs/predeploy.md: its tables have every rule, and its suppression is one. */
import { readFileSync } from 'node:fs'
import { BASE } from '../../../fixtures/predeploy/breaches.ts'
import { expect, test } from '../../harness/index.ts'
import { ASKED, RULES, repositoryStep, staticStep, WATCHED } from '../../predeploy/index.ts'
import { errorsOf, planted } from './planted-folder.ts'

const text = readFileSync('docs/predeploy.md', 'utf8')
const rows = [...text.matchAll(/^\| `([^`]+)` \| (.*?) \|/gm)].map(([, id = '', says = '']) => [id, says])

test('the tables have every check of the files, and no other', async () => {
  const { findings } = await repositoryStep(await planted({ '20260101000001_a.sql': 'select 1;' }))
  const ids = findings.map(({ id }) => id.replace('repository/', ''))
  expect(rows.slice(0, ids.length).map(([id]) => id)).toEqual(ids)
})

test('the tables have every rule on statements, and what it looks for', () => {
  const rules = RULES.map(({ id, looksFor }) => [id, looksFor])
  const squawk = Object.entries(ASKED).map(([rule, { title }]) => [`squawk/${rule}`, title])
  const watched = rows.filter(([id = '']) => WATCHED.some((each) => each === id))
  expect(watched).toHaveLength(WATCHED.length)
  expect(rows.slice(0, -WATCHED.length).slice(-rules.length - squawk.length)).toEqual([...rules, ...squawk])
})

test('the suppression in the document suppresses', async () => {
  const [, sql = ''] = /```sql\n([\s\S]*?)```/.exec(text) ?? []
  const folder = await planted({
    '20260101000001_base.sql': BASE,
    '20260102000001_change.sql': `set lock_timeout = '3s';\n${sql}`,
  })
  const today = new Date('2026-06-01T00:00:00Z')
  expect(errorsOf(await staticStep(folder, { today }))).toEqual([])
})
