/** `npm run schema`: writes what is generated and committed, or with --check only says whether it is up to date. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import {
  fingerprint,
  fingerprintText,
  HISTORY_FILE,
  historyText,
  recordHistory,
  schemaText,
} from '../conformance/catalog/index.ts'
import { engineNamed, migrations } from '../conformance/engines/index.ts'
import { sheetJsonSchema } from '../conformance/pricing/index.ts'
import { jsonSchema } from '../conformance/report/index.ts'
import { runVerb, say } from './verb.ts'

/** What Supabase runs, so what the golden schema is taken from. */
const ENGINE = 'embedded-17'
const root = fileURLToPath(new URL('..', import.meta.url))

const command = new Command('schema')
  .description(
    'Write what is generated: what the migrations add up to (supabase/schema.sql to read, schema.fingerprint to compare, schema.facts.jsonl after each migration), and the schemas of JSON reports and of price sheets.',
  )
  .option('--check', 'write nothing; say whether the files are up to date')
  .addHelpText(
    'after',
    '\nExit status: 0 written or up to date, 1 out of date, 2 the migrations could not be applied.',
  )

await runVerb(command, async ({ check = false }: { check?: boolean }) => {
  const files = await freshFiles()
  if (!check) for (const [name, text] of Object.entries(files)) writeFileSync(join(root, name), text)
  const stale = Object.entries(files).filter(
    ([name, text]) => readFileSync(join(root, name), 'utf8') !== text,
  )
  for (const [name] of stale) say(`${name} is out of date: run \`npm run schema\`.`)
  if (stale.length === 0) say(`${Object.keys(files).join(' and ')} are up to date.`)
  return stale.length === 0
})

async function freshFiles(): Promise<Record<string, string>> {
  const engine = await engineNamed(ENGINE).start()
  try {
    const session = await (await engine.open()).connect()
    const platform = await (await engine.open({ holds: 'platform' })).connect()
    return {
      'supabase/schema.sql': await schemaText(session),
      'supabase/schema.fingerprint': fingerprintText(await fingerprint(session)),
      [`supabase/${HISTORY_FILE}`]: historyText(await recordHistory(platform, migrations())),
      'conformance/report/report.schema.json': jsonSchema(),
      'conformance/pricing/sheet.schema.json': sheetJsonSchema(),
    }
  } finally {
    await engine.stop()
  }
}
