/** @jsxImportSource preact */
import type { Report } from '../report.ts'
import { Scrollable } from './scrollable.tsx'

type Access = NonNullable<Report['access']>[number]
type Kind = Access['cells'][number]['kind']

const KINDS: readonly (readonly [kind: Kind, name: string])[] = [
  ['table', 'Tables'],
  ['view', 'Views'],
  ['sequence', 'Sequences'],
  ['function', 'Functions'],
]

/** Who may do what, as the servers say it: role × object. Engines that say the same share a table. */
export function AccessMatrix({ access }: { readonly access: readonly Access[] }) {
  return (
    <section id="access">
      <h2>Who may do what</h2>
      <p>
        Privileges in effect, by whichever way they were granted. Which rows of a table a role then sees is
        for its policies to say.
      </p>
      {access.map((matrix) => (
        <Matrix matrix={matrix} />
      ))}
    </section>
  )
}

function Matrix({ matrix: { engines, cells } }: { readonly matrix: Access }) {
  const roles = [...new Set(cells.map(({ role }) => role))]
  return (
    <Scrollable label="Access">
      <table class="access">
        <caption>{engines.join(', ')}</caption>
        <thead>
          <tr>
            <th scope="col">Object</th>
            {roles.map((role) => (
              <th scope="col">{role}</th>
            ))}
          </tr>
        </thead>
        {KINDS.map(([kind, name]) => {
          const ofKind = cells.filter((cell) => cell.kind === kind)
          const objects = [...new Set(ofKind.map(({ object }) => object))]
          if (objects.length === 0) return null
          return (
            <tbody>
              <tr>
                <th scope="rowgroup" colSpan={roles.length + 1}>
                  {name}
                </th>
              </tr>
              {objects.map((object) => (
                <tr>
                  <th scope="row" class="code">
                    {object}
                  </th>
                  {roles.map((role) => {
                    const cell = ofKind.find(
                      (candidate) => candidate.object === object && candidate.role === role,
                    )
                    return <Privileges privileges={cell?.privileges ?? []} />
                  })}
                </tr>
              ))}
            </tbody>
          )
        })}
      </table>
    </Scrollable>
  )
}

function Privileges({ privileges }: { readonly privileges: readonly string[] }) {
  if (privileges.length === 0) return <td class="closed">closed</td>
  return <td class="open">{privileges.map((privilege) => privilege.toLowerCase()).join(' ')}</td>
}
