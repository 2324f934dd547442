/** `npm run schema`: writes what the migrations add up to, or with --check only says whether it is up to date. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { engineNamed, migrations } from '../conformance/engines/index.ts'
import {
  fingerprint,
  fingerprintText,
  HISTORY_FILE,
  historyText,
  recordHistory,
} from '../conformance/fingerprint/index.ts'
import { schemaText } from '../conformance/schema/index.ts'
import { runVerb, say } from './verb.ts'

/** What Supabase runs, so what the golden schema is taken from. */
const ENGINE = 'embedded-17'
const folder = fileURLToPath(new URL('../supabase/', import.meta.url))

const command = new Command('schema')
  .description(
    'Write what the migrations add up to, taken from the catalog of a fresh database: supabase/schema.sql to read, schema.fingerprint to compare, schema.facts.jsonl after each migration.',
  )
  .option('--check', 'write nothing; say whether the files are up to date')
  .addHelpText(
    'after',
    '\nExit status: 0 written or up to date, 1 out of date, 2 the migrations could not be applied.',
  )

await runVerb(command, async ({ check = false }: { check?: boolean }) => {
  const files = await freshFiles()
  if (!check) for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const stale = Object.entries(files).filter(
    ([name, text]) => readFileSync(join(folder, name), 'utf8') !== text,
  )
  for (const [name] of stale) say(`supabase/${name} is out of date: run \`npm run schema\`.`)
  if (stale.length === 0) say(`${Object.keys(files).join(' and ')} are up to date.`)
  return stale.length === 0
})

async function freshFiles(): Promise<Record<string, string>> {
  const engine = await engineNamed(ENGINE).start()
  try {
    const session = await (await engine.open()).connect()
    const platform = await (await engine.open({ holds: 'platform' })).connect()
    return {
      'schema.sql': await schemaText(session),
      'schema.fingerprint': fingerprintText(await fingerprint(session)),
      [HISTORY_FILE]: historyText(await recordHistory(platform, migrations())),
    }
  } finally {
    await engine.stop()
  }
}
