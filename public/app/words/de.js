/** All words of the page in German; see en.js. */

import { localeOf } from '../locale.js'

const language = 'de'
const locale = localeOf(language)
const number = new Intl.NumberFormat(locale)
const percent = new Intl.NumberFormat(locale, { style: 'percent' })
const money = new Intl.NumberFormat(locale, { style: 'currency', currency: 'USD' })
const day = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' })
const moment = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' })
const hour = new Intl.DateTimeFormat(locale, { timeStyle: 'short' })

/** @param {number} seconds */
const span = seconds =>
  seconds < 90
    ? `${number.format(5 * Math.ceil(seconds / 5))} s`
    : `${number.format(Math.ceil(seconds / 30) / 2)} min`

/** @type {import('../words.js').Words} */
export default {
  language,
  name: 'Deutsch',
  direction: 'ltr',

  title: 'videogen: ein Foto bewegt sich',
  tagline: 'Bring ein Foto in Bewegung.',
  newVideo: 'Neues Video',
  simulator: 'Simulator',
  simulatorMeaning: 'Die Videos macht ein Simulator auf diesem Rechner. Es wird nichts gekauft.',
  chooseLanguage: 'Sprache',
  skip: 'Zum Inhalt springen',

  photos: {
    heading: 'Fotos',
    choose: 'Fotos auswählen',
    takePhoto: 'Foto aufnehmen',
    add: 'Foto hinzufügen',
    kinds: 'JPEG, PNG, WebP und die meisten anderen.',
    drop: 'Foto hier ablegen',
    dropOrPaste: 'oder einfügen. JPEG, PNG, WebP und die meisten anderen.',
    dropAnywhere: 'Ablegen zum Hinzufügen',
    addMore: 'Fotos hinzufügen',
    preparing: 'Wird vorbereitet …',
    startFrame: 'Startbild',
    useAsStartFrame: 'Als Startbild nehmen',
    remove: 'Entfernen',
    alt: name => `Dein Foto ${name}`,
    frameAlt: 'Das Startbild: dein Foto im Zuschnitt',
    others:
      'Das Video beginnt mit dem Startbild. Die anderen Fotos gehen mit; das Modell kann sie nutzen oder nicht.',
    limit: count => `Bis zu ${count} Fotos.`,
    cut: (share, edges) =>
      `${percent.format(share)} des Fotos fallen ${edges === 'sides' ? 'an den Seiten' : 'oben und unten'} weg.`,
    notCut: 'Nichts fällt weg.',
  },

  photoProblems: {
    'too-many': name => `${name} wurde weggelassen: für weitere Fotos ist kein Platz.`,
    'too-large': name => `${name} ist auch verkleinert noch zu groß.`,
    heic: name =>
      `${name} ist ein HEIC-Foto, das dieser Browser nicht öffnen kann. Exportiere es als JPEG oder öffne diese Seite in Safari. Auf dem iPhone: Einstellungen, Kamera, Formate, Maximale Kompatibilität.`,
    'not-loaded': name =>
      `${name} ließ sich nicht vorbereiten: ein Teil dieser Seite konnte nicht geladen werden. Prüfe das Netz und füge es noch einmal hinzu.`,
    unreadable: name => `${name} lässt sich nicht als Foto öffnen.`,
  },

  shape: {
    heading: 'Format',
    '16:9': 'Breit 16:9',
    '9:16': 'Hoch 9:16',
    auto: 'Wie das Foto',
    suggested: 'empfohlen',
    autoMeaning: 'Das ganze Foto wird gesendet; über das Format entscheidet das Modell.',
  },

  prompt: {
    heading: 'Was geschieht im Video?',
    placeholder: 'Die Kamera fährt langsam heran, Wind in den Blättern …',
    examples: 'Beispiele',
    count: (used, most) => `${number.format(used)} von ${number.format(most)} Zeichen`,
    chips: [
      {
        label: 'Langsam heran',
        text: 'Die Kamera fährt langsam und ruhig heran. Leichter Wind in Haaren und Blättern, alles andere bleibt still.',
      },
      {
        label: 'Lebendes Porträt',
        text: 'Die Person atmet, blinzelt und beginnt zu lächeln. Die Kamera bewegt sich nicht.',
      },
      {
        label: 'Goldene Stunde',
        text: 'Wolken ziehen vorbei, und das Licht wird golden wie im Zeitraffer. Die Kamera steht still.',
      },
      {
        label: 'Aufsteigen',
        text: 'Die Kamera steigt langsam auf wie eine Drohne und zeigt, was dahinter liegt, ruhig und stetig.',
      },
      {
        label: 'Wasser',
        text: 'Das Wasser kräuselt sich und glitzert in der Sonne. Sonst bewegt sich nichts.',
      },
    ],
  },

  model: 'Modell',
  accessCode: 'Zugangscode',
  accessCodeMeaning: 'Diese Seite verlangt einen Code, bevor sie ein Video macht.',
  price: usd => `${money.format(usd)} für dieses Video.`,
  undoMeaning: 'Du kannst es 3 Sekunden lang zurücknehmen.',
  generate: 'Video machen',
  taken: 'Verstanden. Es beginnt, sobald deine Fotos so weit sind.',

  obstacles: {
    'no-photo': 'Füge zuerst ein Foto hinzu.',
    preparing: 'Ein Foto wird noch vorbereitet.',
    'photos-too-large': 'Die Fotos sind zusammen zu groß. Entferne eines.',
    'no-prompt': 'Sag, was im Video geschieht.',
    'prompt-too-long': 'Der Text ist zu lang.',
    'no-access-code': 'Gib den Zugangscode ein.',
  },

  stages: { heading: 'Fortschritt', done: 'fertig' },

  states: {
    held: 'Beginnt',
    uploading: 'Lädt hoch',
    queued: 'Wartet',
    rendering: 'Entsteht',
    saving: 'Sichert',
    completed: 'Fertig',
    failed: 'Gescheitert',
    canceled: 'Abgebrochen',
    refused: 'Nicht begonnen',
    missing: 'Nicht gefunden',
    erased: 'Gelöscht',
  },

  headlines: {
    held: 'Es geht gleich los',
    uploading: 'Dein Foto wird hochgeladen',
    sending: 'Deine Anfrage wird gesendet',
    waitingForNetwork: 'Wartet auf das Netz',
    canceling: 'Wird abgebrochen …',
    queued: 'In der Warteschlange',
    rendering: 'Dein Video entsteht',
    rescuing: 'Dein Video wird geholt',
    saving: 'Dein Video wird gesichert',
    completed: 'Dein Video ist fertig',
    failed: 'Diesmal kein Video',
    canceled: 'Abgebrochen',
    refused: 'Das Video wurde nicht begonnen',
    missing: 'Dieses Video gibt es nicht',
    erased: 'Überall gelöscht',
  },

  details: {
    held: seconds => `In ${seconds} s wird es gesendet. Bis dahin kostet „Zurücknehmen“ nichts.`,
    uploading: share => `${percent.format(share)} hochgeladen.`,
    sendingAgain: seconds =>
      `Die Seite hat nicht geantwortet. Nächster Versuch in ${seconds} s. Begonnen wird es höchstens einmal.`,
    offline: 'Es gibt kein Netz. Sobald es wieder da ist, geht es von selbst weiter.',
    queued: 'Gleich nimmt es jemand in Arbeit. Noch ist nichts gekauft.',
    rendering:
      'Eine Vorschau gibt es währenddessen nicht. Du kannst diese Seite schließen: das Video bleibt.',
    rescuing: 'Es ist schon gemacht und bezahlt und wird nur noch gesichert.',
    saving: 'Es ist gemacht und wird auf diese Seite kopiert.',
    silent: since =>
      `Die Seite hat seit ${hour.format(since)} Uhr nicht geantwortet. Es wird weiter versucht.`,
    keptUntil: until => `Bleibt bis ${day.format(until)}.`,
    missing: 'Der Link ist nicht vollständig, oder das Video wurde gelöscht.',
    erased: at => `Fotos, Text und Video wurden gelöscht: ${moment.format(at)}.`,
  },

  time: {
    elapsed: 'Vergangene Zeit',
    took: clock => `Entstanden in ${clock}.`,
    left: (low, high) => (low < 5 ? `noch bis zu ${span(high)}` : `noch etwa ${span(low)} bis ${span(high)}`),
    overdue: usual => `länger als sonst; neun von zehn brauchen bis zu ${span(usual)}`,
    unknown: 'meist eine bis drei Minuten',
    moment: at => moment.format(at),
  },

  charged: {
    no: 'Es wurde nichts berechnet.',
    yes: 'Es wurde berechnet.',
    unknown: 'Vielleicht wurde es berechnet.',
  },

  failures: {
    expired: 'Es konnte nicht rechtzeitig begonnen werden. Bitte noch einmal versuchen.',
    worker_unreachable:
      'Der Teil dieser Seite, der Videos macht, war nicht erreichbar. Bitte noch einmal versuchen.',
    photo_unreadable: 'Ein Foto ließ sich nicht lesen. Bitte ein anderes nehmen.',
    store_unsafe: 'Der Speicher dieser Seite ist nicht sicher eingerichtet. Bitte dem Betreiber sagen.',
    misconfigured: 'Diese Seite ist nicht vollständig eingerichtet. Bitte dem Betreiber sagen.',
    provider_busy: 'Der Anbieter der Videos ist überlastet. Bitte in ein paar Minuten noch einmal versuchen.',
    provider_unreachable: 'Der Anbieter der Videos war nicht erreichbar. Bitte später noch einmal versuchen.',
    content_refused: 'Der Anbieter hat dieses Foto oder diesen Text abgelehnt. Bitte eines davon ändern.',
    provider_account:
      'Das Konto dieser Seite beim Anbieter der Videos funktioniert nicht. Bitte dem Betreiber sagen.',
    provider_rejected:
      'Der Anbieter konnte daraus kein Video machen. Bitte das Foto, den Text oder das Modell ändern.',
    outcome_unknown: 'Der Anbieter gab keine klare Antwort. Kommt das Video noch, so erscheint es hier.',
    no_video: 'Der Anbieter hat ohne Video geantwortet.',
    video_gone:
      'Das Video wurde gemacht, aber der Anbieter hatte es gelöscht, bevor es gesichert werden konnte.',
    video_refused: 'Der Anbieter hat eine Datei geschickt, die diese Seite nicht als Video behalten kann.',
    save_failed: 'Das Video wurde gemacht, konnte aber nicht gesichert werden.',
    canceled: 'Dieses Video wurde abgebrochen.',
  },
  rescueMeaning:
    'Es noch einmal zu sichern ist kostenlos, solange der Anbieter es noch hat, etwa eine Stunde lang.',

  problems: {
    access_code: 'Der Zugangscode stimmt nicht. Mit „Ändern“ kannst du ihn noch einmal eingeben.',
    daily_limit: 'Diese Seite macht heute keine Videos mehr.',
    job_erased: 'Dieses Video wurde gelöscht.',
    photos_gone: 'Die Fotos dieses Videos sind nicht mehr da. Bitte füge sie noch einmal hinzu.',
    job_running: 'Dieses Video entsteht noch.',
    owner_token: 'Das kann nur der Browser, der dieses Video begonnen hat.',
    idempotency_key_reused:
      'Diese Anfrage wurde schon mit anderem Inhalt gesendet. Mit „Ändern“ wird sie eine neue.',
    unsupported_photo: 'Diese Art von Foto nimmt die Seite nicht.',
    too_large: 'Die Fotos sind für diese Seite zu groß.',
    invalid_input: 'Die Seite nimmt diese Anfrage nicht an.',
    misconfigured: 'Diese Seite ist nicht vollständig eingerichtet. Bitte dem Betreiber sagen.',
    storage_unavailable:
      'Der Speicher dieser Seite antwortet nicht. Bitte in ein paar Minuten noch einmal versuchen.',
  },
  refusals: {
    photos:
      'Die Fotos lassen sich in diesem Browser nicht mehr lesen. Mit „Ändern“ kannst du sie noch einmal hinzufügen.',
    tooLarge: 'Die Fotos sind für diese Seite zu groß.',
    tooMany: 'Die Seite bekommt gerade zu viele Anfragen.',
    other: 'Die Seite nimmt diese Anfrage nicht an.',
    network: 'Die Seite war nicht erreichbar.',
    server: 'Die Seite hat eine Störung. Bitte in ein paar Minuten noch einmal versuchen.',
  },
  opensAgain: milliseconds => `In ${span(milliseconds / 1000)} kannst du es wieder versuchen.`,
  opensAgainAt: at => `Wieder möglich ab ${moment.format(at)}.`,

  actions: {
    undo: 'Zurücknehmen',
    cancel: 'Abbrechen',
    save: 'Herunterladen',
    saveToDevice: 'Sichern oder teilen',
    saveReady: 'Bereit: jetzt sichern',
    share: 'Link kopieren',
    retry: 'Noch einmal versuchen',
    rescue: 'Kostenlos noch einmal sichern',
    edit: 'Ändern und neu machen',
    delete: 'Löschen …',
    checkNow: 'Jetzt nachfragen',
    notify: 'Sag mir, wenn es fertig ist',
  },

  notices: {
    notKept:
      'Dieser Browser merkt sich für diese Seite nichts. Kopiere den Link eines Videos, um es wiederzufinden.',
    notLoaded:
      'Die Seite konnte nicht vollständig geladen werden. Nichts wurde gesendet: prüfe das Netz und versuche es noch einmal.',
    restored: 'Deine Fotos und dein Text vom letzten Mal sind wieder da.',
    linkCopied: 'Link kopiert. Wer ihn hat, kann das Video ansehen.',
    link: link => `Der Link: ${link}`,
    removed: 'Aus diesem Browser entfernt.',
    erased: 'Überall gelöscht.',
    eraseFailed: 'Es ließ sich nicht löschen. Bitte noch einmal versuchen.',
    takenBack: 'Zurückgenommen. Nichts wurde gesendet.',
    notified: 'Du erfährst, wenn es fertig ist.',
    notifyRefused: 'Dieser Browser erlaubt für diese Seite keine Mitteilungen.',
    noPhotos: 'Die Fotos sind nicht mehr in diesem Browser. Bitte füge sie noch einmal hinzu.',
  },

  cancelDialog: {
    heading: 'Dieses Video abbrechen?',
    queued: 'Noch ist nichts gekauft. Jetzt abzubrechen kostet höchstwahrscheinlich nichts.',
    rendering:
      'Der Anbieter arbeitet schon daran und lässt sich nicht anhalten. Das Video wird verworfen und vielleicht trotzdem berechnet.',
    confirm: 'Video abbrechen',
    keep: 'Weitermachen',
  },

  deleteDialog: {
    heading: 'Dieses Video löschen?',
    here: 'Aus diesem Browser entfernen',
    hereMeaning: 'Es verschwindet aus deiner Liste. Wer den Link hat, kann es weiter ansehen.',
    everywhere: 'Überall löschen',
    everywhereMeaning:
      'Fotos, Text und Video werden auf dieser Seite endgültig gelöscht. Der Link führt ins Leere.',
    keep: 'Behalten',
  },

  history: {
    heading: 'Deine Videos',
    empty: 'Noch nichts. Deine Videos erscheinen hier und bleiben auch nach dem Neuladen.',
    more: 'Mehr zeigen',
    noPrompt: 'Video über einen Link',
  },

  job: {
    prompt: 'Text',
    photos: 'Fotos',
    created: 'Begonnen',
    link: 'Link',
    photoAlt: 'Dein Foto',
    video: 'Dein Video',
  },

  tab: {
    ready: rest => `✓ Fertig | ${rest}`,
    ended: rest => `✕ Zu Ende | ${rest}`,
    underWay: (state, rest) => `${state} … | ${rest}`,
  },

  notification: {
    ready: 'Dein Video ist fertig',
    ended: 'Dein Video ist ohne Ergebnis zu Ende gegangen',
  },

  footer: {
    about:
      'Die Fotos gehen an diese Seite und an das Videomodell dahinter. Ein Video findet nur, wer seinen Link hat.',
  },
}
