/** What lies around a folder of migrations: development data, and which CLI deploys. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { z } from 'zod'
import { nodeAs, type Statement, SyntaxRefused, statementsOf } from '../syntax/index.ts'
import type { MigrationsFolder } from './folder.ts'
import { claim } from './repository-claim.ts'
import { judged, type StepResult, skipped, unchecked } from './step.ts'

const SEED = claim('seed', 'seed.sql sets no price')

/** Development data that sets prices would make a developer's database cost something else than production. */
export async function seedStep({ path }: MigrationsFolder): Promise<StepResult> {
  const file = join(resolve(path), '..', 'seed.sql')
  if (!existsSync(file)) return skipped(SEED, 'not applicable: there is no seed.sql beside the folder')
  let statements: readonly Statement[]
  try {
    statements = await statementsOf(readFileSync(file, 'utf8'))
  } catch (error) {
    const line = error instanceof SyntaxRefused ? `:${error.line}` : ''
    return unchecked(SEED, new Error(`${file}${line}: it cannot be read as SQL: ${reasonOf(error)}`))
  }
  return judged(
    SEED,
    statements
      .filter(({ node }) => setsPrices(node))
      .map(({ line }) => ({
        objects: [`seed.sql:${line}`],
        reason: 'It sets a price: a database that was seeded would then charge what no migration says.',
        hint: 'Set prices in a migration: `npm run pricing:migration -- SHEET`.',
      })),
  )
}

const PRICES = /^(model_pricing|e2b_pricing|model_pricing_components)$/

function setsPrices(node: Statement['node']): boolean {
  const written = [
    nodeAs(node, 'InsertStmt')?.relation,
    nodeAs(node, 'UpdateStmt')?.relation,
    nodeAs(node, 'DeleteStmt')?.relation,
    nodeAs(node, 'CopyStmt')?.relation,
  ]
  return (
    written.some((relation) => PRICES.test(relation?.relname ?? '')) ||
    /\bset_(model|e2b)_price\b/.test(JSON.stringify(node))
  )
}

const CLI = claim('cli', 'the version of the Supabase CLI is pinned')
const Package = z.object({
  dependencies: z.record(z.string(), z.string()).optional(),
  devDependencies: z.record(z.string(), z.string()).optional(),
})

/** Which version of the CLI deploys is said, to the last digit. */
export function cliStep({ path }: MigrationsFolder): StepResult {
  const file = packageAbove(resolve(path))
  if (!file) return skipped(CLI, 'not applicable: there is no package.json above the folder')
  let read: z.infer<typeof Package>
  try {
    read = Package.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    return unchecked(CLI, new Error(`${file}: it cannot be read as JSON of a package: ${reasonOf(error)}`))
  }
  const { dependencies, devDependencies } = read
  const version = devDependencies?.['supabase'] ?? dependencies?.['supabase']
  const hint = 'Pin it: `npm install --save-dev --save-exact supabase`, and call it by npx.'
  if (version === undefined)
    return judged(CLI, [
      {
        objects: [file],
        severity: 'warning',
        reason:
          'It does not say which version of the Supabase CLI deploys; major 3 pushes to another place than 2.',
        hint,
      },
    ])
  if (/^\d+\.\d+\.\d+$/.test(version)) return judged(CLI, [])
  return judged(CLI, [
    { objects: [file], reason: `It takes any supabase ${version}, and so what was not tried.`, hint },
  ])
}

function reasonOf(error: unknown): string {
  if (error instanceof z.ZodError) return z.prettifyError(error)
  return error instanceof Error ? error.message : String(error)
}

function packageAbove(folder: string): string | undefined {
  const file = join(folder, 'package.json')
  if (existsSync(file)) return file
  const parent = dirname(folder)
  return parent === folder ? undefined : packageAbove(parent)
}
