/** @jsxImportSource preact */
import type { Report } from '../report.ts'

/** What is no finding and does not count: warnings first, then what is good to know. */
export function Notes({ notes }: { readonly notes: NonNullable<Report['notes']> }) {
  return (
    <section id="notes">
      <h2>Also to know</h2>
      <ul class="notes">
        {notes.toSorted(warningsFirst).map(({ kind, group, text }) => (
          <li class={kind}>
            <b>{kind === 'warning' ? 'Warning' : group}</b> {text}
          </li>
        ))}
      </ul>
    </section>
  )
}

type Note = NonNullable<Report['notes']>[number]

function warningsFirst(a: Note, b: Note): number {
  return Number(b.kind === 'warning') - Number(a.kind === 'warning')
}
