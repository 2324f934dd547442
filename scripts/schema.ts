/** `npm run schema`: writes supabase/schema.sql, or with --check only says whether it is up to date. */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { engineNamed } from '../conformance/engines/index.ts'
import { schemaText } from '../conformance/schema/index.ts'
import { runVerb, say } from './verb.ts'

/** What Supabase runs, so what the golden schema is taken from. */
const ENGINE = 'embedded-17'
const golden = fileURLToPath(new URL('../supabase/schema.sql', import.meta.url))

const command = new Command('schema')
  .description(
    'Write supabase/schema.sql: what the migrations add up to, taken from the catalog of a fresh database.',
  )
  .option('--check', 'write nothing; say whether the file is up to date')
  .addHelpText(
    'after',
    '\nExit status: 0 written or up to date, 1 out of date, 2 the migrations could not be applied.',
  )

await runVerb(command, async ({ check = false }: { check?: boolean }) => {
  const text = await freshSchema()
  if (!check) writeFileSync(golden, text)
  const upToDate = readFileSync(golden, 'utf8') === text
  say(
    upToDate
      ? 'supabase/schema.sql is up to date.'
      : 'supabase/schema.sql is out of date: run `npm run schema`.',
  )
  return upToDate
})

async function freshSchema(): Promise<string> {
  const engine = await engineNamed(ENGINE).start()
  try {
    const database = await engine.open()
    return await schemaText(await database.connect())
  } finally {
    await engine.stop()
  }
}
