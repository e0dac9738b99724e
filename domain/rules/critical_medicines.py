"""Medicines of which a forgotten dose matters at once: the patient is asked a second time, then the care team hears.

These are the anticoagulants. A forgotten dose of one that is taken twice a day may be taken until half of the time to
the next has passed, which are 6 hours: 2021 European Heart Rhythm Association Practical Guide on the Use of Non-Vitamin
K Antagonist Oral Anticoagulants in Patients with Atrial Fibrillation (Europace 2021;23:1612), on dosing errors. So the
patient is asked again after an hour, and the care team told while there is time left. The hours are our own choice.
"""

NUDGE_AFTER_MINUTES = 60
CARE_TEAM_AFTER_MINUTES = 300
