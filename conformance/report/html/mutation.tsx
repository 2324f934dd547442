/** @jsxImportSource preact */
import type { Report } from '../report.ts'
import { Folded } from './folded.tsx'
import { Scrollable } from './scrollable.tsx'

/** How many faults were planted in the product, and which of them no claim noticed. */
export function MutationScore({ mutation }: { readonly mutation: NonNullable<Report['mutation']> }) {
  const { noticed, total, survivors } = mutation
  const score = total === 0 ? 'none was planted' : `${((100 * noticed) / total).toFixed(1)} %`
  return (
    <Folded id="mutation" title="Planted faults" note={score}>
      <p>
        <strong class="figure">{score}</strong> {noticed} of {total} faults planted in the migrations were
        noticed.
      </p>
      {survivors.length > 0 && (
        <Scrollable label="Faults that were not noticed">
          <table>
            <caption>Faults that no claim noticed</caption>
            <thead>
              <tr>
                <th scope="col">Fault</th>
                <th scope="col">Change</th>
              </tr>
            </thead>
            <tbody>
              {survivors.map(({ mutant, change }) => (
                <tr>
                  <th scope="row">{mutant}</th>
                  <td class="code">{change}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scrollable>
      )}
    </Folded>
  )
}
