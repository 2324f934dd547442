// Finds claims in the page. Without it, everything is there all the same.
const form = document.getElementById('filter')
const groups = [...document.querySelectorAll('details.group')]
const total = document.querySelectorAll('table.matrix tbody tr').length

/** Shows the claims that match, opens their groups, and says how many there are. */
function filter() {
  const words = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean)
  const outcome = form.elements.outcome.value
  const asked = words.length > 0 || outcome !== ''
  let shown = 0
  for (const group of groups) {
    const name = group.querySelector('h3').textContent.toLowerCase()
    let matching = 0
    for (const row of group.querySelectorAll('tbody tr')) {
      const text = `${name} ${row.textContent.toLowerCase()}`
      const matches =
        words.every((word) => text.includes(word)) &&
        (outcome === '' || row.dataset.outcomes.split(' ').includes(outcome))
      row.hidden = !matches
      if (matches) matching += 1
    }
    group.hidden = matching === 0
    if (asked) group.open = matching > 0
    shown += matching
  }
  form.elements.shown.value = `${shown} of ${total} claims`
}

/** Paper does not unfold. */
function unfold() {
  for (const group of groups) group.open = true
}

form.hidden = false
form.addEventListener('input', filter)
form.addEventListener('submit', (event) => event.preventDefault())
addEventListener('beforeprint', unfold)
addEventListener('keydown', (event) => {
  if (event.key !== '/' || event.target instanceof HTMLInputElement) return
  event.preventDefault()
  form.elements.text.focus()
})
filter()
