/** @jsxImportSource preact */
import type { Section } from '../section.ts'
import { Drawing } from './drawing.tsx'
import { Scrollable } from './scrollable.tsx'

/** What a verb has to show beside findings: tables and charts. */
export function Sections(props: {
  readonly sections: readonly Section[]
  readonly draw: (section: Section) => string
}) {
  return (
    <>
      {props.sections.map((section, index) => (
        <section id={`section-${index + 1}`}>
          <h2>{section.title}</h2>
          {section.lines?.map((line) => (
            <p>{line}</p>
          ))}
          {section.chart && <Drawing svg={props.draw(section)} caption={section.chart.caption} />}
          {section.rows && section.rows.length > 0 && (
            <Table section={section} label={`${index + 1}. ${section.title}`} />
          )}
        </section>
      ))}
    </>
  )
}

/** `label`: no other table has the same, whatever the titles are. */
function Table(props: { readonly section: Section; readonly label: string }) {
  const { title, columns = [], rows = [] } = props.section
  const kind = (index: number) => (columns[index]?.isNumber ? 'number' : '')
  return (
    <Scrollable label={props.label}>
      <table class="prices">
        <caption class="unseen">{title}</caption>
        <thead>
          <tr>
            {columns.map(({ name }, index) => (
              <th scope="col" class={kind(index)}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([first = '', ...rest]) => (
            <tr>
              <th scope="row" class="code">
                {first}
              </th>
              {rest.map((cell, index) => (
                <td class={kind(index + 1) || (isMoment(cell) ? 'date' : '')}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scrollable>
  )
}

function isMoment(cell: string): boolean {
  return /^\d{4}-\d{2}-\d{2}/.test(cell)
}
