/** @jsxImportSource preact */
/** A chart, with what it shows in words. Empty where there is nothing to draw. */
export function Drawing(props: { readonly svg: string; readonly caption: string }) {
  if (props.svg === '') return null
  return (
    <figure class="chart">
      <div dangerouslySetInnerHTML={{ __html: props.svg }} />
      <figcaption>{props.caption}</figcaption>
    </figure>
  )
}
