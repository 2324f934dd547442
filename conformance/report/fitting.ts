/** What is left out at a terminal where there is no room, and where it is found. */

/** As many blocks of lines as fit; what is left out is said in a line. */
export function fitting(
  blocks: readonly (readonly string[])[],
  room: number,
  more: (left: number) => string,
): string[] {
  const told: string[] = []
  for (const [i, block] of blocks.entries()) {
    const last = i === blocks.length - 1
    if (told.length + block.length > room - (last ? 0 : 1)) return [...told, more(blocks.length - i)]
    told.push(...block)
  }
  return told.at(-1) === '' ? told.slice(0, -1) : told
}

/** Where all of it stands: on the page that was written, or how one gets it. */
export function otherReports(hasPage: boolean): string {
  return hasPage ? 'see the page' : '--report FOLDER writes them all'
}
