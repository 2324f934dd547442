/** @jsxImportSource preact */
import type { Report } from '../report.ts'
import { Drawing } from './drawing.tsx'
import { Scrollable } from './scrollable.tsx'

type Prices = NonNullable<Report['prices']>
type Line = Prices['lines'][number]

/** The price list that the migrations seed, with what it was compared with and when. */
export function PriceList({ prices, chart }: { readonly prices: Prices; readonly chart: string }) {
  const { asOf, lines, sources } = prices
  return (
    <section id="prices">
      <h2>Prices</h2>
      <p>
        As the migrations seed them, of {asOf}. A database whose prices have changed since has others, and
        keeps these for their time.
      </p>
      <List name="Models" lines={lines.filter(({ list }) => list === 'llm')} of="Provider" />
      <div class="beside">
        <div>
          <List name="Sandboxes" lines={lines.filter(({ list }) => list === 'e2b')} of="Region" />
          <Sources sources={sources} />
        </div>
        <Drawing
          svg={chart}
          caption="What a million tokens cost: input (ring) and output (dot), on a logarithmic scale."
        />
      </div>
    </section>
  )
}

function Sources({ sources }: Pick<Prices, 'sources'>) {
  return (
    <>
      <h3>Sources</h3>
      <dl class="sources">
        {sources.map(({ id, what }) => (
          <>
            <dt>{id}</dt>
            <dd>{what}</dd>
          </>
        ))}
      </dl>
    </>
  )
}

function List(props: { readonly name: string; readonly of: string; readonly lines: readonly Line[] }) {
  if (props.lines.length === 0) return null
  const kinds = new Map(props.lines.flatMap(({ prices }) => prices.map(({ what, per }) => [what, per])))
  const units = new Set(kinds.values())
  const [unit] = units.size === 1 ? units : []
  return (
    <Scrollable label={props.name}>
      <table class="prices">
        <caption>
          {props.name}, in USD{unit !== undefined && ` per ${unit}`}
        </caption>
        <thead>
          <tr>
            <th scope="col">{props.of}</th>
            <th scope="col">Name</th>
            {[...kinds].map(([what, per]) => (
              <th scope="col" class="number">
                {what} {unit === undefined && <small>per {per}</small>}
              </th>
            ))}
            <th scope="col">Verified</th>
            <th scope="col">Sources</th>
          </tr>
        </thead>
        <tbody>
          {props.lines.map((line) => (
            <tr>
              <td>{line.of}</td>
              <th scope="row" class="code">
                {line.name}
              </th>
              {[...kinds.keys()].map((kind) => (
                <td class="number">{line.prices.find(({ what }) => what === kind)?.usd ?? ''}</td>
              ))}
              <td class="date">{line.verifiedOn}</td>
              <td class="from">
                {line.sources.join(', ')}
                {line.note !== undefined && <p>{line.note}</p>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scrollable>
  )
}
