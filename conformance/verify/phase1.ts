/**
 * The nine checks of phase 1. Each reads, none writes, and none lets the others down: a check that meets an error has
 * found something broken. They hold on a fresh database as well as on one whose prices have changed since.
 */
import { prices } from '../../fixtures/prices.ts'
import { type Session, SqlError, Unavailable } from '../engines/index.ts'
import { type Finding, failed, finding, type Judgement, PASSED } from '../report/index.ts'
import { sandboxCostFinding, tokenCostFinding } from './costs.ts'
import { ABOUT_FOREIGN_TABLES, foreignPolicies, foreignTables } from './foreign.ts'
import { FUNCTIONS, RECORD_TABLES, VIEWS } from './inventory.ts'
import { inSavepoint } from './savepoint.ts'
import { unanswered } from './unanswered.ts'

type Check = (session: Session) => Promise<Judgement>

/** The nine findings, in the order in which they are printed. Never fewer: a check that cannot run is broken. */
export async function verifyPhase1(session: Session): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const [name, title, check] of checks) {
    const about = { id: `phase1/${name}`, title, group: 'phase 1' }
    findings.push(finding(about, await inSavepoint(session, () => check(session)).catch(judged)))
  }
  return findings
}

const checks: readonly (readonly [name: string, title: string, check: Check])[] = [
  ['tables', 'All required tables exist', tables],
  ['e2b-pricing', 'E2B pricing seeded (4 tiers)', e2bPricing],
  ['llm-pricing', 'LLM pricing seeded (27 models, 4 providers)', llmPricing],
  ['resource-type', 'resource_type column added to cost_quotas', resourceType],
  ['functions', 'All 5 helper functions created', functions],
  ['sandbox-cost', 'E2B cost calculation working', sandboxCostFinding],
  ['token-cost', 'LLM cost calculation working', tokenCostFinding],
  ['views', 'All 7 aggregation views created', views],
  ['row-level-security', 'RLS policies active on all tables', rowLevelSecurity],
]

/**
 * Only what the server refused because of the product counts as failed. A lock or a time limit ends this check and no other;
 * whatever else says nothing of the product ends the verification.
 */
function judged(error: unknown): Judgement {
  const why = unanswered(error)
  if (error instanceof SqlError && why instanceof Unavailable && ['55P03', '57014'].includes(error.code))
    return { outcome: 'error', reason: why.message }
  if (why !== undefined || !(error instanceof SqlError)) throw why
  return failed({ have: `${error.message} (SQLSTATE ${error.code})`, want: 'an answer' })
}

async function tables(session: Session) {
  const rows = await session.query(
    `select c.relname as name from pg_catalog.pg_class as c
     where c.relnamespace = to_regnamespace('copilot_internal') and c.relkind in ('r', 'p') and c.relname = any($1)
     order by 1`,
    [RECORD_TABLES],
  )
  const foreign = new Map(
    (await foreignTables(session)).map(({ table, differences }) => [table, differences]),
  )
  if (foreign.size > 0)
    return failed({
      have: rows
        .map(({ name }) => {
          const differences = foreign.get(name ?? '')
          return differences ? `${name}, which is not the product's: ${differences.join('; ')}` : name
        })
        .join('\n'),
      want: RECORD_TABLES.join('\n'),
      hint: ABOUT_FOREIGN_TABLES,
    })
  return sameList(
    rows.map(({ name }) => name),
    RECORD_TABLES,
  )
}

async function e2bPricing(session: Session) {
  const wanted = prices.e2b.tiers.map(({ tier, region }) => `${tier} in ${region}`)
  const rows = await session.query(
    `select distinct tier || ' in ' || region as name from copilot_internal.e2b_pricing
     where effective_date <= now() and (expires_at is null or now() < expires_at)`,
  )
  return containsAll(
    rows.map(({ name }) => name),
    wanted,
  )
}

async function llmPricing(session: Session) {
  const wanted = prices.models.map(({ provider, model }) => `${provider} ${model}`)
  const rows = await session.query(
    `select distinct provider || ' ' || model as name from copilot_internal.model_pricing`,
  )
  return containsAll(
    rows.map(({ name }) => name),
    wanted,
  )
}

async function resourceType(session: Session) {
  const rows = await session.query(
    `select format_type(a.atttypid, a.atttypmod)
            || case when a.attnotnull then ' not null' else '' end
            || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') as definition
     from pg_catalog.pg_attribute as a
     left join pg_catalog.pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
     where a.attrelid = to_regclass('copilot_internal.cost_quotas') and a.attname = 'resource_type'
       and not a.attisdropped`,
  )
  return sameList(
    rows.map(({ definition }) => definition),
    [`text not null default 'llm'::text`],
  )
}

async function functions(session: Session) {
  const rows = await session.query(
    `select p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' as signature
     from pg_catalog.pg_proc as p
     where p.pronamespace = to_regnamespace('copilot_internal') and p.proname = any($1)
     order by 1`,
    [FUNCTIONS.map((signature) => signature.replace(/\(.*/, ''))],
  )
  return sameList(
    rows.map(({ signature }) => signature),
    FUNCTIONS,
  )
}

async function views(session: Session) {
  const rows = await session.query(
    `select c.relname || case when 'security_invoker=true' = any(c.reloptions) then '' else ' (not security_invoker)' end
            as name
     from pg_catalog.pg_class as c
     where c.relnamespace = to_regnamespace('copilot_internal') and c.relkind = 'v'
       and c.relname like '%cost%summary%'
     order by 1`,
  )
  return sameList(
    rows.map(({ name }) => name),
    VIEWS,
  )
}

async function rowLevelSecurity(session: Session) {
  const unprotected = await session.query(
    `select c.relname || ' (row level security is off)' as name from pg_catalog.pg_class as c
     where c.relnamespace = to_regnamespace('copilot_internal') and c.relkind in ('r', 'p') and not c.relrowsecurity
     union all
     select w.name || case when to_regclass('copilot_internal.' || quote_ident(w.name)) is null then ' (not there)' else ' (no policy)' end
     from unnest($1::text[]) as w (name)
     where not exists (
       select from pg_catalog.pg_policy as p
       where p.polrelid = to_regclass('copilot_internal.' || quote_ident(w.name))
     )
     order by 1`,
    [RECORD_TABLES],
  )
  const opened = (await foreignPolicies(session)).filter(({ opens }) => opens)
  return sameList(
    [
      ...unprotected.map(({ name }) => name),
      ...opened.map(
        ({ table, policy, does }) => `${table} (policy ${policy}, which is not the product's, ${does})`,
      ),
    ],
    [],
    'no table without, and none that other policies open',
  )
}

function sameList(have: readonly unknown[], want: readonly string[], none = 'nothing'): Judgement {
  if (have.length === want.length && want.every((item, i) => item === have[i])) return PASSED
  return failed({ have: have.join('\n') || 'nothing', want: want.join('\n') || none })
}

function containsAll(have: readonly unknown[], want: readonly string[]): Judgement {
  const missing = want.filter((item) => !have.includes(item))
  if (missing.length === 0) return PASSED
  const others = have.filter((item) => !want.some((one) => one === item)).length
  return failed({
    have: `${want.length - missing.length} of ${want.length}${others > 0 ? `, and ${others} others` : ''}`,
    want: `also ${missing.join('\n     ')}`,
  })
}
