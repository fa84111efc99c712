/** The word without inflectional and derivational endings: equal for `установка` and `установки`. */
export function root(word: string): string {
  const rest = word.replace(/(?:ся|сь)$/u, '')
  const ending = ENDING.exec(rest)?.[0] ?? ''
  const bare = rest.length - ending.length >= 3 ? rest.slice(0, rest.length - ending.length) : rest
  return bare.length > 4
    ? bare.replace(/(?:енн|нн|н)$/u, (suffix) => (bare.length - suffix.length >= 4 ? '' : suffix))
    : bare
}

const ENDINGS = [
  'ыва ива ова ева', // before a participle's ending
  'вшись вший вшая вшее вшие вшего вшему вшую вших вшим вшими вшей вши вше вш',
  'иями иях ием ами ями иям ией его ого ему ому ыми ими ете йте ешь нно ует уют ать ять еть ить ыть ала яла ела ила ыла',
  'ало яло ело ило ыло али яли ели или ыли ают яют ает яет ите ишь ит ат ят ут ют ет ем им ым ом ах ях ам ям ов ев ей',
  'ых их ой ий ый ая яя ое ее ые ие ую юю ою ею ию ья ье ьи ия ии ью ал ял ел ил ыл ть ы и а я о е у ю ь й',
]
const ENDING = new RegExp(
  `(?:(?:${alternatives(ENDINGS[0])})?(?:${alternatives(ENDINGS[1])})|${alternatives(ENDINGS.slice(2).join(' '))})$`,
  'u',
)

function alternatives(list = ''): string {
  return list
    .split(' ')
    .toSorted((a, b) => b.length - a.length)
    .join('|')
}
