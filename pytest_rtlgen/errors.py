"""What can go wrong with the harness itself. A bad candidate is never one of these: it is a Verdict.

RtlgenError
├── UsageError            an option or argument that cannot be meant
├── SuiteError            a suite, problem or data file that is wrong
│   └── BadReferenceError   a reference that does not build, run, or pass against itself
│       └── NeverKnownError     a reference that runs, and none of whose outputs is ever known
├── RenameError           Verilog whose module cannot be given another name
├── RecordError           a saved run or recording that cannot be read
├── StorageError          results that cannot be written (full disk, no permission)
├── OutputLostError       standard output that takes nothing more
├── ToolError             a program or library that is missing, too old or broken
│   └── SandboxError      isolation was required and cannot be had
├── BackendError          a model that cannot be reached or answers nonsense
│   ├── CredentialError   the endpoint refused the key
│   ├── RefusedError      the endpoint refused the request
│   └── LimitReachedError   the run may cost no more
├── DefectError           a mistake in this package, met on one answer
├── RewardError           a completion without a reward, where the trainer needs one
└── InnerError            raised and caught inside this package: no caller sees one
    ├── BadLineError        a line of the input that holds no work
    ├── NotModelledError    designs about which a proof can say nothing
    ├── SamplesFailedError  a problem without a sample that passes: a failed test
    ├── ServerLostError     a warm simulator that died or stopped answering
    ├── SolverLostError     a solver that died or did not answer in time
    ├── TooLargeError       a design that unfolds into more than is analysed
    ├── TransientError      a request that may work the next time
    ├── WorkerLostError     a helper process that died or did not answer in time
    │   └── _LateError        one on the cluster, without an answer in time
    ├── _NotLoadedError     a call that loads a memory and cannot be replaced
    ├── _NotPlainError      an inout port that cannot be resolved
    ├── _PortTakenError     a port of this machine that another program took
    └── _RefusedError       a request to the reward server that is not served

Those with code of their own stand in the module that raises them. Every message says what, where and what to do, in
one line.
"""


class RtlgenError(Exception):
    """Base of every error that this package raises on purpose.

    >>> try:
    ...     load_suite("nowhere")
    ... except RtlgenError as error:
    ...     print(type(error).__name__)
    SuiteError
    """


class UsageError(RtlgenError):
    """An option or argument that cannot be meant; the message names it."""


class SuiteError(RtlgenError):
    """A suite, problem or data file that is wrong; the message starts with its path."""


class BadReferenceError(SuiteError):
    """A reference that does not build, does not finish, or shows no known output."""


class NeverKnownError(BadReferenceError):
    """A reference that runs, and none of whose outputs is ever known."""


class RenameError(RtlgenError):
    """Verilog whose module cannot be given another name: it is not there, or the name is taken."""


class RecordError(RtlgenError):
    """A saved run or recording that cannot be read; the message starts with ``path:line``."""


class StorageError(RtlgenError):
    """Results that cannot be written; what was written before stays readable."""


class ToolError(RtlgenError):
    """A program or library that is missing, too old or broken."""


class SandboxError(ToolError):
    """Isolation was required and this machine cannot give it."""


class BackendError(RtlgenError):
    """A model that cannot be reached or whose answers make no sense."""


class CredentialError(BackendError):
    """The endpoint refused the key."""


class DefectError(RtlgenError):
    """A mistake in this package, met on one answer; the cause is the error that was not expected."""


class RewardError(RtlgenError):
    """The harness failed on a completion, and the trainer that asks takes no missing reward."""


class InnerError(RtlgenError):
    """Raised and caught inside this package: no caller sees one."""
