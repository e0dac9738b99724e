"""The domain's report as the doctor's page, in the patient's language."""

from datetime import date

from adapters.charts.languages import Language, language_of
from adapters.report_pdf import DoctorReport as DrawnReport
from adapters.report_pdf import draw_report
from adapters.report_words import REPORT_WORDS, ReportWords
from adapters.trend_pictures import drawn
from domain.doctor_reports import SPANS, DoctorReport
from domain.kinds import Measure, ReadingSetting
from domain.rules.blood_pressure_classes import CLASSIFICATIONS
from domain.rules.home_blood_pressure import Average


def _pressure(average: Average, language: Language) -> str:
    return f"{language.number(average.systolic, 1)}/{language.number(average.diastolic, 1)}"


def _day(day: date, language: Language) -> str:
    return f"{language.day.format(day=day.day, month=language.months[day.month - 1])} {day.year}"


def _week(report: DoctorReport, language: Language, words: ReportWords) -> str:
    """What the home protocol comes to."""
    week, pattern = report.week.week, report.week.pattern
    counted = words.counted.format(used=week.readings_used, all=week.rule.readings_when_complete)
    missing = [
        sentence.format(count=count)
        for sentence, part in ((words.mornings, week.morning), (words.evenings, week.evening))
        if (count := week.rule.readings_of_a_part - (part.readings if part else 0))
    ]
    if missing:
        counted += f" ({words.missing.format(missing=', '.join(missing))})"
    left_out = words.left_out.format(day=_day(week.day_one, language)) if week.day_one else ""
    sentences = [f"{left_out}{counted}." if left_out else f"{counted[0].upper()}{counted[1:]}."]
    if week.usable is None or week.category is None:
        sentences.append(words.too_few.format(least=week.rule.readings_at_least))
    else:
        sentences.append(
            words.average.format(
                average=_pressure(week.usable, language),
                category=words.categories[week.category],
                scheme=CLASSIFICATIONS[week.scheme, ReadingSetting.HOME].name,
            )
        )
    if pattern:
        sentences.append(
            words.clinic_differs.format(
                average=_pressure(pattern.office, language),
                day=_day(pattern.office_day, language),
                pattern=words.white_coat if pattern.white_coat else words.masked,
            )
        )
    return " ".join(sentences)


def _measuring(report: DoctorReport, language: Language, words: ReportWords) -> list[str]:
    """How regularly was measured: of the protocol's readings, and on how many days of each span."""

    def share(part: int, whole: int) -> str:
        return language.number(100 * part / whole, 0)

    used, planned = report.week.week.readings_used, report.week.week.rule.readings_when_complete
    lines = [words.of_protocol.format(used=used, all=planned, share=share(used, planned))]
    for one in report.measured_days:
        is_pressure = one.measure is Measure.SYSTOLIC
        counts = (
            words.of.format(count=count, span=span, share=share(count, span))
            for count, span in zip(one.days, SPANS, strict=True)
        )
        name = language.blood_pressure if is_pressure else language.measures[one.measure]
        lines.append(words.on_days.format(measure=name, counts=", ".join(counts)))
    return lines


def _taking(report: DoctorReport, language: Language, words: ReportWords) -> list[str]:
    """How regularly medicines were taken, all together first, and the blood pressure beside it."""
    several = len(report.adherence.medicines) > 2  # noqa: PLR2004 - all together, and more than one
    lines = [
        words.taken.format(
            name=one.medication or words.all_medicines,
            covered=one.covered,
            days=one.days,
            share=language.number(100 * one.covered / one.days, 0),
            taken=one.taken,
            scheduled=one.scheduled,
        )
        for one in report.adherence.medicines
        # Of one medicine all together says the same.
        if several or one.medication is not None
    ]
    averages = [
        (words.after_all if one.is_covered else words.after_others).format(
            average=f"{language.number(one.systolic, 0)}/{language.number(one.diastolic, 0)}", days=one.days
        )
        for one in report.adherence.pressures
    ]
    if averages:
        # Behind the first line: of very many medicines the last ones are left out.
        lines.insert(1, words.day_after.format(averages=", ".join(averages)))
    return lines


def doctor_page(report: DoctorReport) -> bytes:
    """The page as PDF."""
    language = language_of(report.locale)
    words = REPORT_WORDS[language.code]
    pressure, *others = map(drawn, report.charts)
    taking = _taking(report, language, words)
    window = words.window.format(
        days=report.days,
        date=_day(report.made_at.date(), language),
        time=f"{report.made_at:%H:%M}",
        zone=report.made_at.tzinfo,
    )
    return draw_report(
        DrawnReport(
            title=words.title,
            facts=[
                report.patient,
                words.born.format(date=_day(report.birth_date, language), clinic=report.clinic),
                window,
                words.made.format(name=report.made_by),
            ],
            blood_pressure=pressure,
            others=others,
            findings=[
                (words.week, [_week(report, language, words)]),
                (words.measuring, _measuring(report, language, words)),
                *([(words.taking, taking)] if taking else []),
            ],
            footer=words.footer,
        )
    )
