/** `npm run migrations:release`: the files of a folder are released, and do not change from now on. See docs/predeploy.md. */
import { Command } from 'commander'
import { runVerb, say } from './verb.ts'

interface Options {
  readonly migrations: string
  readonly check?: boolean
}

const command = new Command('migrations:release')
  .description(
    'Write migrations.lock beside a folder of migrations: all its files are released, and do not change.',
  )
  .option('--migrations <folder>', 'which migrations', 'supabase/migrations')
  .option('--check', 'write nothing; say whether all files are released')
  .addHelpText(
    'after',
    '\nExit status: 0 written or up to date, 1 a released file is not what it was, or, with --check, one is not released, 2 nothing could be read.',
  )

await runVerb(command, async ({ migrations, check = false }: Options) => {
  const { releaseOf, writeManifest } = await import('../conformance/predeploy/index.ts')
  const { path, released, added, isWritten, troubles } = await releaseOf(migrations)
  for (const { objects, reason, hint = '' } of troubles)
    say(`✗ ${objects.join(', ')}: ${reason} ${hint}`.trim())
  if (troubles.length > 0) {
    say('Nothing is written.')
    return false
  }
  if (isWritten) say(`${path} is up to date: ${released.length} files are released.`)
  else if (check && added.length === 0) say(`${path} is not as it would be written. Restore it from git.`)
  else if (check) say(`Not released: ${added.join(', ')}. \`npm run migrations:release\` releases them.`)
  else {
    writeManifest(path, released)
    say(`${path}: ${added.length} files are released now, ${released.length} in all. Commit it.`)
  }
  return isWritten || !check
})
