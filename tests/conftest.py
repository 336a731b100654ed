"""What every test may count on, however the suite was started."""

import signal

# A shell's background job ignores Ctrl-C, and so would every process that a test starts and stops by it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
