import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom/worker'
import type { Finding, Outcome } from '../finding.ts'
import { countsOf, type Report } from '../report.ts'
import type { Section } from '../section.ts'
import { grouped } from '../tally.ts'
import { slug } from './slug.ts'

const FONT = { fontFamily: 'inherit', fontSize: '13px', background: 'none' }
const WIDTH = 520

/** From left to right: what matters comes before what was skipped. */
const ORDER: readonly Outcome[] = ['passed', 'failed', 'error', 'skipped']

/** How the claims of each area ended: a bar an area. Empty without findings. */
export function outcomesChart(findings: readonly Finding[]): string {
  const bars = [...grouped(findings, ({ group }) => group.split('/')[0] ?? '')].flatMap(([area, claims]) => {
    const counts = countsOf(claims)
    return ORDER.map((outcome) => ({ area, outcome, claims: counts[outcome] }))
  })
  if (bars.length === 0) return ''
  const areas = new Set(bars.map(({ area }) => area)).size
  return drawn('Claims by area and outcome', {
    height: 60 + areas * 22,
    marginLeft: 110,
    marginBottom: 40,
    x: { label: 'claims', labelAnchor: 'center', labelArrow: 'none', grid: true, tickFormat: 'd' },
    y: { label: null, domain: [...new Set(bars.map(({ area }) => area))] },
    color: {
      domain: ORDER,
      range: ORDER.map((outcome) => `var(--${slug(outcome)}-fill)`),
    },
    marks: [
      Plot.barX(bars, {
        x: 'claims',
        y: 'area',
        fill: 'outcome',
        order: [...ORDER],
        insetTop: 2,
        insetBottom: 2,
      }),
      Plot.ruleX([0]),
    ],
  })
}

/** What models cost: a line from input to output price for each, by provider. Empty without models. */
export function pricesChart({ lines }: NonNullable<Report['prices']>): string {
  const models = lines
    .filter(({ list }) => list === 'llm')
    .flatMap(({ name, of, prices }) => {
      // Only where to draw it: the amounts themselves are printed as they are.
      const [input, output] = ['input', 'output'].map((kind) =>
        Number(prices.find(({ what }) => what === kind)?.usd),
      )
      return input && output ? [{ model: `${of} ${name}`, name, input, output }] : []
    })
  if (models.length === 0) return ''
  const names = new Map(models.map(({ model, name }) => [model, name]))
  return drawn('Prices of models', {
    height: 70 + models.length * 18,
    marginLeft: 205,
    marginBottom: 40,
    x: {
      type: 'log',
      label: 'USD per million tokens',
      labelAnchor: 'center',
      labelArrow: 'none',
      grid: true,
      tickFormat: '~r',
    },
    y: {
      label: null,
      domain: models.map(({ model }) => model),
      tickFormat: (model: string) => names.get(model) ?? model,
    },
    marks: [
      Plot.ruleY(models, { y: 'model', x1: 'input', x2: 'output', stroke: 'var(--faint)', strokeWidth: 2 }),
      Plot.dot(models, {
        y: 'model',
        x: 'input',
        r: 4,
        fill: 'var(--paper)',
        stroke: 'var(--accent)',
        strokeWidth: 2,
      }),
      Plot.dot(models, { y: 'model', x: 'output', r: 4.5, fill: 'var(--accent)' }),
    ],
  })
}

function drawn(label: string, options: Plot.PlotOptions): string {
  const { document } = parseHTML('<html><body></body></html>')
  const chart = Plot.plot({
    document: document as unknown as Document,
    width: WIDTH,
    ariaLabel: label,
    style: FONT,
    ...options,
  })
  chart.setAttribute('role', 'img')
  // An image has one name; its parts have none.
  for (const part of chart.querySelectorAll('g[aria-label]')) part.removeAttribute('aria-label')
  return chart.outerHTML
}

/** The chart of a section: bars by name and series, or values from a moment on. Empty without points. */
export function sectionChart({ chart }: Section): string {
  if (!chart || chart.points.length === 0) return ''
  // Only where to draw it: the amounts themselves are printed as they are.
  const points = chart.points.map(({ series, at, value }) => ({ series, at, value: Number(value) }))
  const series = [...new Set(points.map((point) => point.series))]
  const range = ['var(--faint)', 'var(--accent)']
  const color = {
    legend: false,
    domain: series,
    range: series.map((_, index) => range[index % range.length] ?? ''),
  }
  const axis = { label: chart.unit, labelAnchor: 'center', labelArrow: 'none', grid: true } as const
  if (chart.kind === 'steps')
    return series
      .map((name) =>
        steps(
          name,
          chart.unit,
          points.filter((point) => point.series === name),
          datesOf(points),
        ),
      )
      .join('')
  const names = [...new Set(points.map(({ at }) => at))]
  return drawn(chart.caption, {
    height: 60 + names.length * (10 + series.length * 9),
    marginLeft: 205,
    marginBottom: 40,
    x: axis,
    fy: { label: null, domain: names },
    y: { label: null, domain: series, axis: null },
    color,
    marks: [Plot.barX(points, { fy: 'at', y: 'series', x: 'value', fill: 'series' }), Plot.ruleX([0])],
  })
}

function datesOf(points: readonly { readonly at: string }[]): Date[] {
  const times = points.map(({ at }) => Date.parse(at))
  return [new Date(Math.min(...times)), new Date(Math.max(...times))]
}

/** One series with a scale of its own: prices of a model and of a second would not be seen beside each other. */
function steps(
  name: string,
  unit: string,
  points: readonly { readonly at: string; readonly value: number }[],
  domain: readonly Date[],
): string {
  return drawn(`${name}, ${unit}`, {
    height: 130,
    marginLeft: 70,
    marginTop: 30,
    marginBottom: 40,
    x: { type: 'utc', label: null, domain: [...domain] },
    y: { label: null, zero: true, grid: true, ticks: 3, tickFormat: '~r' },
    marks: [
      Plot.line(
        points.map(({ at, value }) => ({ at: new Date(at), value })),
        { x: 'at', y: 'value', stroke: 'var(--accent)', curve: 'step-after', strokeWidth: 2 },
      ),
      Plot.text([name], { text: [name], frameAnchor: 'top-left', dy: -20, fontWeight: 'bold' }),
    ],
  })
}
