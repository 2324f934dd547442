/** @jsxImportSource preact */
import type { Report } from '../report.ts'
import { Folded } from './folded.tsx'
import { Scrollable } from './scrollable.tsx'

/** Where engines answer otherwise than the one of reference, and why. */
export function AgreementTable({ agreement }: { readonly agreement: NonNullable<Report['agreement']> }) {
  const { reference, lines } = agreement
  const noted = lines.filter(({ agrees, note }) => !agrees || note !== undefined)
  const engines = [...new Set(lines.map(({ engine }) => engine))]
  return (
    <Folded id="agreement" title="Agreement of the engines" note={`${lines.length} answers`}>
      <p>
        {new Set(lines.map(({ probe }) => probe)).size} questions were put to {engines.join(', ')} and
        compared with what {reference} answers. {lines.length - noted.length} of {lines.length} answers are
        the same.
      </p>
      {noted.length > 0 && (
        <Scrollable label="Answers that differ">
          <table>
            <caption>Answers that differ</caption>
            <thead>
              <tr>
                <th scope="col">Engine</th>
                <th scope="col">Question</th>
                <th scope="col">Explained</th>
                <th scope="col">Why</th>
              </tr>
            </thead>
            <tbody>
              {noted.map(({ engine, probe, agrees, note }) => (
                <tr class={agrees ? '' : 'failed'}>
                  <td>{engine}</td>
                  <th scope="row">{probe}</th>
                  <td>{agrees ? 'yes' : 'no'}</td>
                  <td>{note}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scrollable>
      )}
    </Folded>
  )
}
