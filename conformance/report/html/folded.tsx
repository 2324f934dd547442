/** @jsxImportSource preact */
import type { ComponentChildren } from 'preact'

/** A section of the page that is folded until somebody asks, and stays off paper. */
export function Folded(props: {
  readonly id: string
  readonly title: string
  readonly note?: string
  readonly children: ComponentChildren
}) {
  return (
    <section id={props.id} class="folded">
      <details>
        <summary>
          <h2>{props.title}</h2>
          {props.note !== undefined && <span class="tally">{props.note}</span>}
        </summary>
        {props.children}
      </details>
    </section>
  )
}
