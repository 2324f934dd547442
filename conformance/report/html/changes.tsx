/** @jsxImportSource preact */
import { type ChangedFact, changedFacts } from '../change-text.ts'
import type { Change, Report } from '../report.ts'

/** How the two sides are called, and what has only one of them. */
interface Words {
  readonly have: string
  readonly want: string
  readonly missing: string
  readonly extra: string
}

const RECORDED: Words = { have: 'have', want: 'recorded', missing: 'missing', extra: 'extra' }
const REVIEWED: Words = { have: 'now', want: 'before', missing: 'removed', extra: 'added' }

/** Where the migrated databases are not as recorded: the likely cause of what failed. */
export function Causes({ changes }: { readonly changes: NonNullable<Report['changes']> }) {
  return (
    <div class="causes">
      <h3>
        The database is not as <code>supabase/schema.facts.jsonl</code> has it
      </h3>
      <Changes changes={changes} words={RECORDED} />
      <p class="hint">
        Is it meant to be so? Then <code>npm run schema</code> records it.
      </p>
    </div>
  )
}

/** What the checkout changes of the product, for whoever reviews it. */
export function SinceBase({ since }: { readonly since: NonNullable<Report['since']> }) {
  const { base, migrations, changes } = since
  return (
    <section id="since">
      <h2>Changed since {base}</h2>
      {migrations.length + changes.length === 0 && (
        <p>No migration, no object of the schema, no seeded price.</p>
      )}
      {migrations.length > 0 && (
        <ul class="files">
          {migrations.map(({ name, state }) => (
            <li>
              <b class={state}>{state}</b> <span class="path">{name}</span>
            </li>
          ))}
        </ul>
      )}
      {changes.length === 0 && migrations.length > 0 && (
        <p>No object of the schema and no seeded price is recorded as changed.</p>
      )}
      <Changes changes={changes} words={REVIEWED} />
    </section>
  )
}

/** Beyond this, objects are named and no more. */
const MOST_IN_FULL = 40

function Changes(props: { readonly changes: readonly Change[]; readonly words: Words }) {
  const { changes, words } = props
  const rest = changes.slice(MOST_IN_FULL)
  return (
    <>
      <ul class="changes">
        {changes.slice(0, MOST_IN_FULL).map((change) => (
          <li>
            <b class="path">{change.object}</b>
            <ul>
              {changedFacts(change).map((fact) => (
                <Fact fact={fact} words={words} />
              ))}
            </ul>
          </li>
        ))}
      </ul>
      {rest.length > 0 && (
        <p>
          … and {rest.length} more: {rest.map(({ object }) => object).join(', ')}
        </p>
      )}
    </>
  )
}

function Fact({ fact, words }: { readonly fact: ChangedFact; readonly words: Words }) {
  if (fact.kind !== 'other')
    return (
      <li>
        <b class={fact.kind}>{words[fact.kind]}</b> {fact.what} <span class="value">{fact.value}</span>
      </li>
    )
  return (
    <li>
      {fact.what}
      <dl>
        <dt>{words.have}</dt>
        <dd class="side">
          <del>{fact.have || 'nothing'}</del>
        </dd>
        <dt>{words.want}</dt>
        <dd class="side">
          <ins>{fact.want || 'nothing'}</ins>
        </dd>
      </dl>
    </li>
  )
}
