// Finds claims in the page. Without it, everything is there all the same.
const [box, words, outcome, shown] = ['filter', 'words', 'outcome', 'shown'].map((id) =>
  document.getElementById(id),
)
const groups = [...document.querySelectorAll('details.group')]
const total = document.querySelectorAll('table.matrix tbody tr').length

/** Shows the claims that match, opens their groups, and says how many there are. */
function filter() {
  const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean)
  const asked = wanted.length > 0 || outcome.value !== ''
  let matching = 0
  for (const group of groups) {
    const rows = [...group.querySelectorAll('tbody tr')]
    const name = group.querySelector('h3').textContent
    for (const row of rows) row.hidden = !matches(row, name, wanted)
    const left = rows.filter((row) => !row.hidden).length
    group.hidden = left === 0
    if (asked) group.open = left > 0
    matching += left
  }
  shown.value = `${matching} of ${total} claims`
}

function matches(row, group, wanted) {
  const text = `${group} ${row.textContent}`.toLowerCase()
  const ended = outcome.value === '' || row.dataset.outcomes.split(' ').includes(outcome.value)
  return ended && wanted.every((word) => text.includes(word))
}

/** What a link leads to is unfolded. */
function unfold() {
  const target = document.getElementById(location.hash.slice(1))
  const folded = target?.querySelector('details')
  if (target?.classList.contains('folded') && folded) folded.open = true
}

box.hidden = false
box.addEventListener('input', filter)
addEventListener('hashchange', unfold)
addEventListener('keydown', (event) => {
  if (event.key !== '/' || event.target === words) return
  event.preventDefault()
  document.querySelector('#claims > details').open = true
  words.focus()
})
filter()
unfold()
