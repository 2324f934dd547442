/** @jsxImportSource preact */
import type { ComponentChildren } from 'preact'

/** Something that may be wider than a phone: it scrolls by itself, also with the keyboard, and the page does not. */
export function Scrollable(props: { readonly label: string; readonly children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section class="scrollable" aria-label={props.label} tabIndex={0}>
      {props.children}
    </section>
  )
}
