/** All words of the page in German; see en.js. */

import { localeOf } from '../locale.js'

const language = 'de'
const locale = localeOf(language)
const number = new Intl.NumberFormat(locale)
const percent = new Intl.NumberFormat(locale, { style: 'percent' })
const money = new Intl.NumberFormat(locale, { style: 'currency', currency: 'USD' })

/** @type {import('../words.js').Words} */
export default {
  language,
  direction: 'ltr',

  title: 'videogen: ein Foto bewegt sich',
  tagline: 'Bring ein Foto in Bewegung.',
  newVideo: 'Neues Video',
  simulator: 'Simulator',
  simulatorMeaning: 'Ein Simulator auf diesem Rechner macht die Videos. Es wird nichts gekauft.',
  chooseLanguage: 'Sprache',
  skip: 'Zum Inhalt springen',

  photos: {
    heading: 'Fotos',
    choose: 'Fotos auswählen',
    takePhoto: 'Foto aufnehmen',
    add: 'Foto hinzufügen',
    kinds: 'JPEG, PNG, WebP und die meisten anderen Formate.',
    drop: 'Foto hier ablegen',
    paste: 'oder einfügen',
    dropAnywhere: 'Ablegen zum Hinzufügen',
    addMore: 'Fotos hinzufügen',
    preparing: 'Wird vorbereitet …',
    startFrame: 'Startbild',
    useAsStartFrame: 'Als Startbild verwenden',
    reorder: 'Ziehen oder Pfeiltasten ändern die Reihenfolge',
    moved: (name, place, count) => `${name} ist jetzt Foto ${place} von ${count}.`,
    remove: 'Entfernen',
    alt: name => `Dein Foto ${name}`,
    frameAlt: 'Startbild: dein Foto im Zuschnitt',
    others:
      'Das Video beginnt mit dem Startbild. Die anderen Fotos werden mitgeschickt; ob das Modell sie nutzt, ist ihm überlassen.',
    limit: count => `Bis zu ${count} Fotos.`,
    tooMany: count => `${count} Fotos wurden nicht hinzugefügt: Es ist kein Platz für weitere Fotos.`,
    crop: 'Zuschnitt des Startbilds',
    cut: ({ axis, before, after }) =>
      axis === 'x'
        ? `Abgeschnitten: links ${percent.format(before)}, rechts ${percent.format(after)}.`
        : `Abgeschnitten: oben ${percent.format(before)}, unten ${percent.format(after)}.`,
    dragCrop: 'Zum Ändern das Foto ziehen.',
    notCut: 'Das ganze Foto wird verwendet.',
  },

  photoProblems: {
    'too-many': name => `${name} wurde nicht hinzugefügt: Es ist kein Platz für weitere Fotos.`,
    heic: name =>
      `${name} ist ein HEIC-Foto, das dieser Browser nicht öffnen kann. Exportiere es als JPEG oder öffne diese Seite in Safari. Auf dem iPhone: Einstellungen, Kamera, Formate, „Maximale Kompatibilität“.`,
    'not-loaded': name =>
      `${name} konnte nicht vorbereitet werden, weil ein Teil dieser Seite nicht geladen wurde. Prüfe deine Verbindung und füge es noch einmal hinzu.`,
    hidden: name =>
      `${name} konnte nicht vorbereitet werden, weil dieser Browser verbirgt, was Seiten zeichnen. Erlaube dieser Seite, den Canvas zu lesen, oder nimm einen anderen Browser.`,
    unreadable: name => `${name} lässt sich nicht als Foto öffnen.`,
  },

  shape: {
    heading: 'Format',
    '16:9': 'Breit 16:9',
    '9:16': 'Hoch 9:16',
    suggested: 'empfohlen',
  },

  prompt: {
    heading: 'Was passiert im Video?',
    placeholder: 'Die Kamera fährt langsam heran, Wind bewegt die Blätter …',
    count: (used, most) => `${number.format(used)} von ${number.format(most)} Zeichen`,
    moves: {
      heading: 'Kamera',
      chips: [
        { label: 'Heran', text: 'Die Kamera fährt langsam und ruhig heran.' },
        { label: 'Zurück', text: 'Die Kamera fährt langsam zurück und zeigt mehr von der Szene.' },
        { label: 'Schwenk', text: 'Die Kamera schwenkt langsam von links nach rechts.' },
        { label: 'Kreisen', text: 'Die Kamera kreist langsam um das Motiv.' },
        { label: 'Aufsteigen', text: 'Die Kamera steigt langsam auf wie eine Drohne.' },
        { label: 'Still', text: 'Die Kamera bewegt sich nicht.' },
      ],
    },
    ideas: {
      heading: 'Ideen',
      chips: [
        { label: 'Lebendes Porträt', text: 'Die Person atmet, blinzelt und beginnt zu lächeln.' },
        {
          label: 'Goldene Stunde',
          text: 'Wolken ziehen vorbei, und das Licht wird golden wie im Zeitraffer.',
        },
        { label: 'Wind', text: 'Ein leichter Wind bewegt Haare, Blätter und Gras.' },
        { label: 'Wasser', text: 'Das Wasser kräuselt sich und glitzert in der Sonne.' },
      ],
    },
  },

  model: 'Modell',
  accessCode: 'Zugangscode',
  rememberAccessCode: 'Auf diesem Gerät merken',
  accessCodeMeaning: 'Auf dieser Seite brauchst du einen Code, um Videos zu erstellen.',
  price: usd => `${money.format(usd)} für dieses Video.`,
  promise: usd =>
    `In ein bis drei Minuten wird aus deinem Foto ein kurzes Video${usd === null ? '' : `, für ${money.format(usd)}`}.`,
  undoMeaning: 'Du kannst es 3 Sekunden lang rückgängig machen.',
  generate: 'Video erstellen',
  taken: 'Dein Video startet, sobald deine Fotos vorbereitet sind.',

  obstacles: {
    'no-photo': 'Füge zuerst ein Foto hinzu.',
    preparing: 'Ein Foto wird noch vorbereitet.',
    'no-prompt': 'Beschreibe, was im Video passiert.',
    'prompt-too-long': 'Der Text ist zu lang.',
    'no-access-code': 'Gib den Zugangscode ein.',
  },

  notices: {
    notKept:
      'Dieser Browser lässt die Seite nichts speichern. Kopiere den Link eines Videos, um es wiederzufinden.',
    notLoaded:
      'Ein Teil der Seite wurde nicht geladen, deshalb wurde nichts gesendet. Prüfe deine Verbindung und versuche es noch einmal.',
    nothingShared: 'Das Foto ist nicht angekommen. Bitte füge es hier hinzu.',
    setAside: 'Was du angefangen hattest, bleibt erhalten. Es kommt nach dem nächsten Video wieder.',
    restored: 'Deine Fotos und dein Text vom letzten Mal sind wieder da.',
    forgotten: 'Dieses Gerät hat alles vergessen.',
    filesWanted: 'Hier lassen sich nur Bilddateien ablegen. Speichere das Bild und lege dann die Datei ab.',
    noPhotos: 'Die Fotos sind nicht mehr in diesem Browser. Bitte füge sie noch einmal hinzu.',
  },

  history: {
    heading: 'Deine Videos',
    empty: 'Noch nichts. Deine Videos erscheinen hier und bleiben auch nach dem Neuladen.',
  },

  footer: {
    about:
      'Fotos gehen an diese Seite und an das Videomodell dahinter. Ein Video findet nur, wer seinen Link hat.',
  },
}
