/** A migration that brings a price list to what a sheet says: the same text for the same sheet and the same list. */

import { inWords } from './checks/amounts.ts'
import type { Change } from './compare.ts'
import type { Noticed } from './judge.ts'
import { fieldsOf, type Price, VARIANTS } from './price.ts'
import { comment, doBlock, inOneLine, literal, remark } from './sql.ts'

/** What a migration is made of. */
export interface Update {
  /** `20260119000001_prices_groq`: the name of both files, without their endings. */
  readonly name: string
  readonly title: string
  readonly sources: Readonly<Record<string, string>>
  /** What is put forward and changes something. */
  readonly changes: readonly Change[]
  /** What the checks called unsafe, and somebody has given a reason for. */
  readonly accepted: readonly Noticed[]
}

const BANNER = `-- ${'='.repeat(117)}`

/** The SQL of a migration. */
export function migrationText(update: Update): string {
  const models = update.changes.filter(({ price }) => price.list === 'llm')
  const tiers = update.changes.filter(({ price }) => price.list === 'e2b')
  return `${[
    header(update),
    guard(models.length > 0, tiers.length > 0),
    ...(models.length > 0 ? [modelBlock(models, update)] : []),
    ...(tiers.length > 0 ? [tierBlock(tiers, update)] : []),
  ].join('\n\n')}\n`
}

function header({ name, title, sources, changes, accepted }: Update): string {
  const keys = changes.map(({ key }) => key)
  const told = [
    ...Object.entries(sources).map(([id, what]) => `${id}: ${what}`),
    ...accepted.map(({ key, accepted: reason }) => `Accepted ${key}: ${reason}`),
  ]
  return [
    remark(title),
    '--',
    comment('What:  ', `the prices of ${keys.join(', ')}, with their components.`),
    comment('Why:   ', `${title}. ${madeOf(name)}: change that, and make it again.`),
    comment(
      'Rerun: ',
      'safe at any time, on any data. What is so already, also by hand, stays as it is; all other prices do, too.',
    ),
    comment(
      'Undo:  ',
      'set the former prices again, with set_model_price or set_e2b_price: what was charged stays charged.',
    ),
    ...(told.length > 0 ? ['', ...told.map((line) => comment('', line))] : []),
  ].join('\n')
}

function madeOf(name: string): string {
  return `Made of supabase/prices/${name}.json by npm run pricing:migration`
}

/** Whether the text of a migration says in its header that it was made here, however its lines are wrapped. */
export function isMadeHere(text: string, name: string): boolean {
  const header = /^(--.*\r?\n)*/.exec(text)?.[0] ?? ''
  return header.replace(/\s+(-- )?\s*/g, ' ').includes(madeOf(name))
}

/** The files before this one, in one sentence, as in all others. */
function guard(models: boolean, tiers: boolean): string {
  const wanted = [
    ...(models
      ? [
          `(1, 'function', 'set_model_price'), (2, 'table', 'model_pricing_components'), (3, 'table', 'model_aliases')`,
        ]
      : []),
    ...(tiers ? [`(4, 'function', 'set_e2b_price')`] : []),
  ]
  return `-- Applied after the files before it.
${doBlock(`declare
  missing text;
begin
  select string_agg(wanted.name, ', ' order by n) into missing
  from (values ${wanted.join(', ')}) as wanted (n, kind, name)
  where case kind
    when 'table' then to_regclass('copilot_internal.' || wanted.name) is null
    else not exists (
      select from pg_catalog.pg_proc as p join pg_catalog.pg_namespace as s on s.oid = p.pronamespace
      where s.nspname = 'copilot_internal' and p.proname = wanted.name
    )
  end;
  if missing is not null then
    raise exception using
      errcode = 'QT006',
      message = 'Schema copilot_internal does not hold what the files before this one create: nothing was changed.',
      detail = format('Not there: %s.', missing),
      hint = 'Run the files in the order of their names, from 20260103000001_cost_tracking_foundation.sql on, and stop at the first that is refused: it says what is in the way.';
  end if;
end`)}`
}

function modelBlock(changes: readonly Change[], { name, accepted }: Update): string {
  const rows = changes.map((change) => {
    const { of, name: model, amounts, from, until } = change.price
    const values = [
      literal(of),
      literal(model),
      amounts['input'],
      amounts['output'],
      at(from),
      at(until),
      jumps(change, accepted),
      literal(sourceOf(change.price)),
      change.price.verifiedOn ? `${literal(change.price.verifiedOn)}::date` : 'null::date',
      change.price.notes ? literal(inOneLine(change.price.notes)) : 'null::text',
    ]
    return `${what(change)}
      (${values.join(', ')},
       ${literal(JSON.stringify(componentsOf(change.price)).replaceAll('":', '": ').replaceAll(',"', ', "'))}::jsonb)`
  })
  return `
${BANNER}
-- Models: USD per million tokens
${BANNER}

${doBlock(`declare
  wanted  record;
  version uuid;
begin
  for wanted in
    select * from (values
${rows.join(',\n')}
    ) as sheet (
      provider, model, input_price, output_price, starts, ends, allow_jump, source, verified_on, notes, components
    )
  loop
    -- A promotion that is over is not begun again.
    continue when wanted.ends <= now();
    version := copilot_internal.set_model_price(
      wanted.provider, wanted.model, wanted.input_price, wanted.output_price,
      -- Somebody has set it since, by hand: it keeps its start, and at most its components are new.
      case when exists (
        select from copilot_internal.model_pricing as p
        where p.id = copilot_internal.model_price_at(wanted.provider, wanted.model, now())
          and p.provider = wanted.provider and p.model = wanted.model and p.effective_date > wanted.starts
          and (p.input_price_per_million, p.output_price_per_million) = (wanted.input_price, wanted.output_price)
          and p.expires_at is not distinct from wanted.ends
      ) then now() else wanted.starts end,
      wanted.source, wanted.notes, ${literal(`migration ${name}`)}, wanted.allow_jump, wanted.components, wanted.ends);
    update copilot_internal.model_pricing as p set verified_on = wanted.verified_on
    where p.id = version and p.verified_on is null and p.source = wanted.source;
  end loop;
end`)}`
}

function tierBlock(changes: readonly Change[], { name, accepted }: Update): string {
  const fields = [
    'price_per_second',
    'price_per_cpu_core_second',
    'price_per_gb_memory_second',
    'price_per_gb_disk_io',
  ]
  const rows = changes.map((change) => {
    const { of, name: tier, amounts, from, until } = change.price
    const values = [
      literal(tier),
      literal(of),
      ...fields.map((field) => amounts[field] ?? 'null::numeric'),
      at(from),
      at(until),
      jumps(change, accepted),
      literal(sourceOf(change.price)),
      change.price.verifiedOn ? `${literal(change.price.verifiedOn)}::date` : 'null::date',
      change.price.notes ? literal(inOneLine(change.price.notes)) : 'null::text',
    ]
    return `${what(change)}\n      (${values.join(', ')})`
  })
  return `
${BANNER}
-- Sandboxes: USD per second, core-second, GiB-second and GB
${BANNER}

${doBlock(`declare
  wanted  record;
  version uuid;
begin
  for wanted in
    select * from (values
${rows.join(',\n')}
    ) as sheet (
      tier, region, ${fields.join(', ')},
      starts, ends, allow_jump, source, verified_on, notes
    )
  loop
    continue when wanted.ends <= now();
    version := copilot_internal.set_e2b_price(
      wanted.tier, wanted.region, ${fields.map((field) => `wanted.${field}`).join(', ')},
      case when exists (
        select from (
          select p.* from copilot_internal.e2b_pricing as p
          where p.tier = wanted.tier and p.region = wanted.region and p.effective_date <= now()
            and (p.expires_at is null or now() < p.expires_at)
          order by p.effective_date desc
          limit 1
        ) as p
        where p.effective_date > wanted.starts and p.price_per_second = wanted.price_per_second
          and p.expires_at is not distinct from wanted.ends
      ) then now() else wanted.starts end,
      wanted.source, wanted.notes, ${literal(`migration ${name}`)}, wanted.allow_jump, wanted.ends);
    update copilot_internal.e2b_pricing as p set verified_on = wanted.verified_on
    where p.id = version and p.verified_on is null and p.source = wanted.source;
  end loop;
end`)}`
}

/** The components of a price as set_model_price takes them; those that no list states under `derived`. */
export function componentsOf(price: Price): Record<string, unknown> {
  const { amounts, derived, threshold } = price
  const of = (fields: readonly string[]) => {
    const standard = fields.filter((field) => !field.includes('.') && field !== 'input' && field !== 'output')
    const inside = VARIANTS.flatMap((variant) => {
      const own = fields.filter((field) => field.startsWith(`${variant}.`))
      if (own.length === 0) return []
      const limit = variant === 'long_context' ? [['threshold_input_tokens', threshold]] : []
      return [
        [
          variant,
          Object.fromEntries([
            ...limit,
            ...own.map((field) => [field.slice(variant.length + 1), amounts[field]]),
          ]),
        ],
      ]
    })
    return Object.fromEntries([...standard.map((field) => [field, amounts[field]]), ...inside])
  }
  const fields = fieldsOf(price).filter((field) => amounts[field] !== undefined)
  const estimates = of(fields.filter((field) => derived.includes(field)))
  const stated = of(fields.filter((field) => !derived.includes(field)))
  return Object.keys(estimates).length > 0 ? { ...stated, derived: estimates } : stated
}

function what({ key, before, fields }: Change): string {
  const told = before ? fields.map((field) => `${key} ${inWords(field)}`) : [`${key}: new`]
  return told.map((line) => `      ${remark(line)}`).join('\n')
}

function jumps({ key }: Change, accepted: readonly Noticed[]): string {
  return String(accepted.some((one) => one.check.id === 'unit' && one.about === key))
}

function sourceOf({ sources }: Price): string {
  return sources.length > 0 ? inOneLine(sources.join(', ')) : 'price sheet'
}

function at(moment: string | undefined): string {
  return moment === undefined ? 'null::timestamptz' : `${literal(moment)}::timestamptz`
}
