"""What a patient reads of an alert: what it is about and what to do, in their language; never a rule or a diagnosis."""

from collections.abc import Mapping

from domain.kinds import AlertSeverity

LANGUAGES = ("en", "de", "it")

# By the topic's first word; what has none here is told in general.
_TITLES: Mapping[str, Mapping[str, str]] = {
    "BP": {
        "en": "About your blood pressure",
        "de": "Zu Ihrem Blutdruck",
        "it": "Sulla Sua pressione arteriosa",
    },
    "HR": {"en": "About your pulse", "de": "Zu Ihrem Puls", "it": "Sul Suo polso"},
    "AF": {"en": "About your ECG", "de": "Zu Ihrem EKG", "it": "Sul Suo ECG"},
    "ECG": {"en": "About your ECG", "de": "Zu Ihrem EKG", "it": "Sul Suo ECG"},
    "QT": {"en": "About your ECG", "de": "Zu Ihrem EKG", "it": "Sul Suo ECG"},
    "W": {"en": "About your weight", "de": "Zu Ihrem Gewicht", "it": "Sul Suo peso"},
    "HF": {"en": "About your weight", "de": "Zu Ihrem Gewicht", "it": "Sul Suo peso"},
    "O2": {
        "en": "About your oxygen saturation",
        "de": "Zu Ihrer Sauerstoffsättigung",
        "it": "Sulla Sua saturazione di ossigeno",
    },
    "T": {"en": "About your temperature", "de": "Zu Ihrer Temperatur", "it": "Sulla Sua temperatura"},
    "ADH": {"en": "About your medicines", "de": "Zu Ihren Medikamenten", "it": "Sulle Sue medicine"},
    "NO": {
        "en": "We have not received any measurements for a while",
        "de": "Wir haben seit einiger Zeit keine Messwerte erhalten",
        "it": "Da qualche tempo non riceviamo misurazioni",
    },
}
_GENERAL = {"en": "About your measurements", "de": "Zu Ihren Messwerten", "it": "Sulle Sue misurazioni"}
_ADVICE: Mapping[AlertSeverity, Mapping[str, str]] = {
    AlertSeverity.EMERGENCY: {
        "en": "If you feel unwell, call the emergency number now. Your care team has been told.",
        "de": "Wenn Sie sich unwohl fühlen, rufen Sie jetzt den Notruf. Ihr Behandlungsteam ist informiert.",
        "it": "Se si sente male, chiami subito il numero di emergenza. Il Suo team di cura è stato avvisato.",
    },
    AlertSeverity.URGENT: {
        "en": "Please contact your centre today; if you feel unwell, call the emergency number.",
        "de": "Bitte wenden Sie sich heute an Ihr Zentrum; wenn Sie sich unwohl fühlen, rufen Sie den Notruf.",
        "it": "Contatti oggi il Suo centro; se si sente male, chiami il numero di emergenza.",
    },
    AlertSeverity.REVIEW: {
        "en": "Your care team will look at it; you need not do anything now.",
        "de": "Ihr Behandlungsteam sieht es sich an; Sie müssen jetzt nichts tun.",
        "it": "Il Suo team di cura lo valuterà; ora non deve fare nulla.",
    },
    AlertSeverity.INFO: {
        "en": "Your care team can see it; you need not do anything.",
        "de": "Ihr Behandlungsteam kann es sehen; Sie müssen nichts tun.",
        "it": "Il Suo team di cura può vederlo; non deve fare nulla.",
    },
}


def _language(locale: str) -> str:
    language = locale.replace("_", "-").partition("-")[0].lower()
    return language if language in LANGUAGES else "en"


def patient_title(rule: str, locale: str) -> str:
    """What an alert of this rule is about."""
    return _TITLES.get(rule.partition("-")[0], _GENERAL)[_language(locale)]


def patient_advice(severity: AlertSeverity, locale: str) -> str:
    """What the patient may do about it."""
    return _ADVICE[severity][_language(locale)]
