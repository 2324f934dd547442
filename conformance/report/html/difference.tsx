/** @jsxImportSource preact */
import { diffLines, diffWordsWithSpace } from 'diff'

/** Beyond these, words or lines are not looked at: it would take long, and nobody would read it. */
const MOST_CHARACTERS = 2_000
const MOST_EDITS = 100

/** What is there beside what should be; in each, what the other does not have is marked. */
export function Difference(props: { readonly have: string | undefined; readonly want: string | undefined }) {
  const { have, want } = props
  if (have === undefined && want === undefined) return null
  const parts = difference(have ?? '', want ?? '')
  return (
    <div class="difference">
      {have !== undefined && (
        <div class="have">
          <h5>have</h5>
          <pre>
            {have === '' && <i>nothing</i>}
            {parts
              .filter(({ added }) => !added)
              .map(({ value, removed }) => (removed ? <del>{value}</del> : value))}
          </pre>
        </div>
      )}
      {want !== undefined && (
        <div class="want">
          <h5>want</h5>
          <pre>
            {want === '' && <i>nothing</i>}
            {parts
              .filter(({ removed }) => !removed)
              .map(({ value, added }) => (added ? <ins>{value}</ins> : value))}
          </pre>
        </div>
      )}
    </div>
  )
}

function difference(have: string, want: string) {
  const whole = [
    { value: have, removed: true, added: false },
    { value: want, removed: false, added: true },
  ]
  const limited = { maxEditLength: MOST_EDITS }
  return (
    (have.length + want.length > MOST_CHARACTERS
      ? diffLines(have, want, limited)
      : diffWordsWithSpace(have, want, limited)) ?? whole
  )
}
