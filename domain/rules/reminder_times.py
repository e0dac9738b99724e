"""When reminders go out where nobody has said otherwise, and how long they are of use."""

# A day and an hour before.
APPOINTMENT_LEAD_MINUTES = (24 * 60, 60)
MOST_LEADS = 5
LONGEST_LEAD_MINUTES = 14 * 24 * 60
# A reminder that could not go out for so long is not sent any more.
USEFUL_MINUTES = 120
