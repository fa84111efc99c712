/** Normalises compatibility forms, invisible characters, apostrophes, ё and runs of white space; keeps case. */
export const fold = (text: string): string =>
  text
    .normalize('NFKC')
    .replace(/(?:\p{Cf}|\p{Cc}|\u034f|\u115f|\u1160|\u3164)+/gu, (run) => (/\s/u.test(run) ? ' ' : ''))
    .replace(/[’‘ʼ`´]/gu, "'")
    .replaceAll('ё', 'е')
    .replaceAll('Ё', 'Е')
    .replace(/\s+/gu, ' ')
    .trim()
