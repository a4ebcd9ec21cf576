/** The words about jobs in German; see en.js. */

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
const minutes = seconds => number.format(Math.max(1, Math.ceil(seconds / 60)))

/** @type {import('../job_words.js').JobWords} */
export default {
  stages: { heading: 'Fortschritt', done: 'fertig' },

  states: {
    held: 'Startet',
    uploading: 'Lädt hoch',
    queued: 'Wartet',
    rendering: 'Entsteht',
    saving: 'Speichert',
    completed: 'Fertig',
    failed: 'Fehlgeschlagen',
    canceled: 'Abgebrochen',
    refused: 'Nicht gestartet',
    missing: 'Nicht gefunden',
    erased: 'Gelöscht',
  },

  headlines: {
    held: 'Es geht gleich los',
    uploading: 'Dein Foto wird hochgeladen',
    sending: 'Deine Anfrage wird gesendet',
    waitingForNetwork: 'Warten auf eine Verbindung',
    canceling: 'Wird abgebrochen …',
    queued: 'In der Warteschlange',
    rendering: 'Dein Video entsteht',
    rescuing: 'Dein Video wird geholt',
    saving: 'Wird gespeichert',
    completed: 'Dein Video ist fertig',
    failed: 'Diesmal kein Video',
    canceled: 'Abgebrochen',
    refused: 'Das Video wurde nicht gestartet',
    missing: 'Video nicht gefunden',
    erased: 'Überall gelöscht',
  },

  details: {
    held: seconds => `Wird in ${seconds} s gesendet. Bis dahin kostet „Rückgängig“ nichts.`,
    uploading: share => `${percent.format(share)} hochgeladen.`,
    sendingAgain: seconds =>
      `Die Seite hat nicht geantwortet. Nächster Versuch in ${seconds} s. Es wird nicht zweimal gestartet.`,
    offline: 'Du bist offline. Sobald die Verbindung wieder da ist, geht es von selbst weiter.',
    queued: 'Gleich geht es los. Noch ist nichts gekauft.',
    queuedSince: 'Gleich geht es los, falls es nicht schon losgegangen ist.',
    rendering:
      'Eine Vorschau gibt es nicht. Du kannst diese Seite schließen: Wenn du zurückkommst, ist das Video da.',
    rescuing: 'Es ist schon fertig und bezahlt und muss nur noch gespeichert werden.',
    saving: 'Es ist fertig und wird auf diese Seite kopiert.',
    silent: since =>
      `Die Seite hat seit ${hour.format(since)} Uhr nicht geantwortet. Es wird weiter versucht.`,
    keptUntil: until => `Bleibt bis ${day.format(until)}.`,
    unplayable: 'Dieser Browser kann das Video nicht abspielen. Lade es herunter, um es anzusehen.',
    mayStillCome: 'Wenn das Video noch kommt, erscheint es hier.',
    missing: 'Der Link ist nicht vollständig, oder das Video wurde gelöscht.',
    erased: at => `Fotos, Text und Video wurden gelöscht: ${moment.format(at)}.`,
  },

  time: {
    elapsed: 'Vergangene Zeit',
    took: clock => `Entstanden in ${clock}.`,
    left: (low, high) =>
      low < 30
        ? `noch bis zu ${minutes(high)} min`
        : minutes(low) === minutes(high)
          ? `noch etwa ${minutes(high)} min`
          : `noch ${minutes(low)}–${minutes(high)} min`,
    overdue: usual => `länger als sonst: neun von zehn brauchen bis zu ${minutes(usual)} min`,
    unknown: 'meist eine bis drei Minuten',
    moment: at => moment.format(at),
  },

  charged: {
    no: 'Es wurde nichts berechnet.',
    yes: 'Es wurde berechnet.',
    unknown: 'Vielleicht wurde es berechnet.',
  },

  failures: {
    expired: 'Es konnte nicht rechtzeitig gestartet werden. Bitte versuche es noch einmal.',
    worker_unreachable:
      'Der Teil dieser Seite, der die Videos macht, war nicht erreichbar. Bitte versuche es noch einmal.',
    photo_unreadable: 'Ein Foto ließ sich nicht lesen. Bitte wähle ein anderes.',
    store_unsafe:
      'Der Speicher dieser Seite ist nicht sicher eingerichtet. Bitte sag dem Betreiber Bescheid.',
    misconfigured: 'Diese Seite ist nicht vollständig eingerichtet. Bitte sag dem Betreiber Bescheid.',
    provider_busy: 'Der Videoanbieter ist überlastet. Bitte versuche es in ein paar Minuten noch einmal.',
    provider_unreachable: 'Der Videoanbieter war nicht erreichbar. Bitte versuche es später noch einmal.',
    content_refused:
      'Der Videoanbieter hat dieses Foto oder diesen Text abgelehnt. Bitte ändere eines davon.',
    provider_account:
      'Das Konto dieser Seite beim Videoanbieter funktioniert nicht. Bitte sag dem Betreiber Bescheid.',
    provider_rejected:
      'Der Videoanbieter konnte daraus kein Video machen. Bitte ändere das Foto, den Text oder das Modell.',
    outcome_unknown: 'Der Videoanbieter gab keine klare Antwort.',
    no_video: 'Der Videoanbieter hat kein Video geliefert.',
    video_gone:
      'Das Video wurde erstellt, aber der Anbieter hat es gelöscht, bevor es gespeichert werden konnte.',
    video_refused: 'Der Anbieter hat eine Datei geschickt, die diese Seite nicht als Video speichern kann.',
    save_failed: 'Das Video wurde erstellt, konnte aber nicht gespeichert werden.',
    canceled: 'Dieses Video wurde abgebrochen.',
  },
  rescueMeaning:
    'Noch einmal zu speichern ist kostenlos, solange der Anbieter es noch hat, etwa eine Stunde lang.',

  problems: {
    access_code: 'Der Zugangscode ist falsch. Mit „Bearbeiten“ kannst du ihn noch einmal eingeben.',
    daily_limit: 'Diese Seite hat ihr Tageslimit an Videos erreicht.',
    paused: 'Diese Seite macht Pause: Zurzeit kann kein Video gestartet werden.',
    job_erased: 'Dieses Video wurde gelöscht.',
    photos_gone: 'Die Fotos dieses Videos sind nicht mehr da. Bitte füge sie noch einmal hinzu.',
    job_running: 'Dieses Video wird noch erstellt.',
    rescues_used_up: 'Dieses Video ließ sich mehrmals nicht speichern. Bitte starte ein neues.',
    owner_token: 'Das kann nur der Browser, der dieses Video gestartet hat.',
    idempotency_key_reused:
      'Diese Anfrage wurde schon mit anderem Inhalt gesendet. Mit „Bearbeiten“ kannst du sie als neue senden.',
    unsupported_photo: 'Diese Art von Foto nimmt diese Seite nicht an.',
    misconfigured: 'Diese Seite ist nicht vollständig eingerichtet. Bitte sag dem Betreiber Bescheid.',
    storage_unavailable:
      'Der Speicher dieser Seite antwortet nicht. Bitte versuche es in ein paar Minuten noch einmal.',
  },
  refusals: {
    photos:
      'Dieser Browser kann die Fotos nicht mehr lesen. Mit „Bearbeiten“ kannst du sie noch einmal hinzufügen.',
    tooLarge: 'Die Fotos sind für diese Seite zu groß.',
    tooMany: 'Die Seite bekommt gerade zu viele Anfragen.',
    other: 'Die Seite hat diese Anfrage nicht angenommen.',
    network: 'Die Seite war nicht erreichbar.',
    server: 'Die Seite hat eine Störung. Bitte versuche es in ein paar Minuten noch einmal.',
  },
  opensAgain: left => `In ${left} kannst du es wieder versuchen.`,
  opensAgainAt: (left, at) => `In ${left} kannst du es wieder versuchen (${moment.format(at)}).`,

  actions: {
    undo: 'Rückgängig',
    cancel: 'Abbrechen',
    save: 'Herunterladen',
    saveToDevice: 'Sichern oder teilen',
    saveReady: 'Bereit: jetzt sichern',
    share: 'Teilen',
    retry: 'Noch einmal versuchen',
    rescue: 'Kostenlos noch einmal speichern',
    edit: 'Bearbeiten',
    change: 'Foto oder Text ändern',
    continue: 'Fortsetzen',
    another: 'Noch eine Version',
    withPrice: (label, usd) => `${label}, ${money.format(usd)}`,
    more: 'Mehr',
    soundOn: 'Ton an',
    delete: 'Löschen …',
    checkNow: 'Jetzt prüfen',
    notify: 'Sag mir Bescheid, wenn es fertig ist',
  },

  cancelDialog: {
    heading: 'Dieses Video abbrechen?',
    queued: 'Noch ist nichts gekauft. Jetzt abzubrechen sollte nichts kosten.',
    queuedSince:
      'Vielleicht ist es inzwischen gekauft. Dann wird das Video verworfen und vielleicht trotzdem berechnet.',
    rendering:
      'Der Anbieter arbeitet schon daran und lässt sich nicht anhalten. Das Video wird verworfen und vielleicht trotzdem berechnet.',
    confirm: 'Video abbrechen',
    keep: 'Weitermachen',
  },

  visitor: {
    headlines: {
      rendering: 'Dieses Video entsteht gerade',
      saving: 'Dieses Video wird gespeichert',
      completed: 'Ein Foto, das sich bewegt',
      failed: 'Dieses Video konnte nicht erstellt werden',
      erased: 'Dieses Video wurde gelöscht',
    },
    ended: 'Unter diesem Link gibt es nichts zu sehen.',
    newVideo: 'Selbst eins machen',
    video: 'Das Video',
  },

  shareDialog: {
    heading: 'Dieses Video teilen',
    meaning: 'Wer den Link hat, kann das Video ansehen.',
    withText: 'Auch meinen Text zeigen',
    share: 'Link teilen',
    copy: 'Link kopieren',
    keep: 'Schließen',
  },

  forgetDialog: {
    ask: 'Alles auf diesem Gerät vergessen …',
    heading: 'Alles auf diesem Gerät vergessen?',
    meaning:
      'Die Liste deiner Videos, Fotos, Texte, Zugangscode und Mitteilungen werden aus diesem Browser entfernt. Die ' +
      'Videos bleiben auf der Seite, bis sie ablaufen, und niemand kann sie mehr abbrechen oder löschen. Was für ' +
      'immer weg soll, lösche vorher.',
    confirm: 'Alles vergessen',
    keep: 'Behalten',
    failed:
      'Dieser Browser hat nicht alles entfernt. Lösche die Daten dieser Seite in den Einstellungen des Browsers.',
  },

  deleteDialog: {
    heading: 'Dieses Video löschen?',
    here: 'Aus diesem Browser entfernen',
    hereMeaning: 'Es verschwindet aus deiner Liste. Wer den Link hat, kann es weiter ansehen.',
    everywhere: 'Überall löschen',
    everywhereMeaning:
      'Fotos, Text und Video werden auf dieser Seite endgültig gelöscht. Der Link funktioniert dann nicht mehr.',
    keep: 'Behalten',
  },

  history: {
    more: 'Mehr zeigen',
    noPrompt: 'Video über einen Link',
    search: 'Deine Videos durchsuchen',
    onlyFavorites: 'Nur Favoriten',
    noMatch: 'Kein Video passt dazu.',
    favorite: 'Favorit',
    favor: 'Zu den Favoriten',
    unfavor: 'Kein Favorit mehr',
  },

  job: {
    facts: 'Details',
    wholePrompt: 'Ganzen Text zeigen',
    lessPrompt: 'Weniger zeigen',
    photos: 'Fotos',
    created: 'Gestartet',
    link: 'Link',
    photoAlt: 'Dein Foto',
    video: 'Dein Video',
  },

  tab: {
    ready: rest => `✓ Fertig | ${rest}`,
    ended: rest => `✕ Fehlgeschlagen | ${rest}`,
    underWay: (state, rest) => `${state} … | ${rest}`,
  },

  notices: {
    linkCopied: 'Link kopiert. Wer ihn hat, kann das Video ansehen.',
    link: link => `Der Link: ${link}`,
    removed: 'Aus diesem Browser entfernt.',
    removeFailed:
      'Dieser Browser hat es nicht entfernt. Bitte lade die Seite neu und versuche es noch einmal.',
    erased: 'Überall gelöscht.',
    eraseFailed: 'Es ließ sich nicht löschen. Bitte versuche es noch einmal.',
    offerChanged:
      'Preis oder Bedingungen dieser Seite haben sich gerade geändert. Es wurde nichts gesendet: Sieh sie dir an und drücke noch einmal.',
    eraseUnknown:
      'Ein anderer Tab hat es aus diesem Browser entfernt. Die Seite hat nicht gesagt, ob es überall gelöscht ist.',
    takenBack: 'Rückgängig gemacht. Nichts wurde gesendet.',
    notified: 'Du bekommst Bescheid, wenn es fertig ist, solange diese Seite offen ist.',
    notifiedAnywhere: 'Du bekommst Bescheid, wenn es fertig ist. Du kannst diese Seite schließen.',
    notifyRefused: 'Dieser Browser erlaubt für diese Seite keine Mitteilungen.',
    cannotContinue:
      'Zum Fortsetzen muss die Seite das Video lesen, und ihr Speicher erlaubt das nicht. Lade es stattdessen herunter.',
  },

  notification: {
    ready: 'Dein Video ist fertig',
    ended: 'Dein Video konnte nicht erstellt werden',
  },
}
