"""What may go wrong and be told to a person. Anything else is a bug and is shown only as a reference number."""


class Shown(Exception):
    """Carries one sentence for the user: what happened, what is allowed, what to do next. Never a personal value."""


class Refused(Shown):
    """The viewer may not do or see this."""


class Unreadable(Shown):
    """A file that could not be read at all (command line: exit code 2)."""


class DatabaseBusy(Shown):
    """Another process holds the database file (command line: exit code 3)."""


class WrongKey(Shown):
    """The person key on this machine is not the one this database was filled with."""
