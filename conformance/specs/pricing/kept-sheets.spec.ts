/**
 * supabase/prices/: every sheet that is kept makes its migration again, byte for byte.
 *
 * Method: `npm run pricing:migration -- SHEET --check`, on the migrations before it. Where no price has changed since the
 * seeds there is no sheet yet; the worked examples are made again in documents.long.spec.ts.
 */
import { existsSync, readdirSync } from 'node:fs'
import { expect, test, verb } from '../../harness/index.ts'

const sheets = readdirSync('supabase/prices').filter((name) => /^\d{14}_\w+\.json$/.test(name))
const priced = readdirSync('supabase/migrations').filter((name) => /^\d{14}_prices(_\w+)?\.sql$/.test(name))

test('every migration of prices has its sheet, and every sheet its migration', () => {
  expect(priced.filter((name) => !existsSync(`supabase/prices/${name.replace('.sql', '.json')}`))).toEqual([])
  expect(
    sheets.filter((name) => !existsSync(`supabase/migrations/${name.replace('.json', '.sql')}`)),
  ).toEqual([])
})

for (const sheet of sheets)
  test(`${sheet} makes its migration again`, async () => {
    const run = await verb('pricing-migration', [`supabase/prices/${sheet}`, '--check'])
    expect(run.exitCode, run.stderr).toBe(0)
  }, 60_000)
