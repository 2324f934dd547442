/** @jsxImportSource preact */
import type { Report } from '../report.ts'
import { Folded } from './folded.tsx'
import { Scrollable } from './scrollable.tsx'

/** What the findings are about: the files, the servers, and how to try it again. */
export function Trial({ report: { trial } }: { readonly report: Report }) {
  return (
    <Folded id="trial" title="What was checked, and where" note="command, servers, migrations">
      <p>To reproduce this report:</p>
      <pre class="command">{trial.command}</pre>
      {trial.servers.length > 0 && (
        <Scrollable label="Servers">
          <table>
            <caption>Servers that answered</caption>
            <thead>
              <tr>
                <th scope="col">Engine</th>
                <th scope="col">PostgreSQL</th>
                <th scope="col">Default privileges of the platform</th>
              </tr>
            </thead>
            <tbody>
              {trial.servers.map(({ engine, version, regime }) => (
                <tr>
                  <th scope="row">{engine}</th>
                  <td>{version}</td>
                  <td>{regime ?? 'not known'}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scrollable>
      )}
      <Scrollable label="Migrations">
        <table>
          <caption>Migrations, with the SHA-256 of each file</caption>
          <thead>
            <tr>
              <th scope="col">File</th>
              <th scope="col">SHA-256</th>
            </tr>
          </thead>
          <tbody>
            {trial.migrations.map(({ name, sha256 }) => (
              <tr>
                <th scope="row" class="code">
                  {name}
                </th>
                <td class="code hash">{sha256}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scrollable>
    </Folded>
  )
}
