"""What a candidate may hold, by kind of syntax node and by name of system task; what is on no list is refused.

The lists are of pyslang's names. They say what is hardware, or harmless in it: whatever reaches for files, the
simulator, foreign code or other designs is on none of them.
"""

MEMBERS = frozenset(
    {
        *("AlwaysBlock", "AlwaysCombBlock", "AlwaysFFBlock", "AlwaysLatchBlock", "InitialBlock", "ContinuousAssign"),
        *("DataDeclaration", "NetDeclaration", "ParameterDeclarationStatement", "TypedefDeclaration", "DefParam"),
        *("ForwardTypedefDeclaration", "GenvarDeclaration", "PortDeclaration", "FunctionDeclaration"),
        *("TaskDeclaration", "GenerateRegion", "GenerateBlock", "IfGenerate", "CaseGenerate", "LoopGenerate"),
        *("HierarchyInstantiation", "PrimitiveInstantiation", "PackageImportDeclaration", "EmptyMember"),
        *("PackageExportDeclaration", "PackageExportAllDeclaration", "ModportDeclaration", "LetDeclaration"),
        *("SpecparamDeclaration", "ClassPropertyDeclaration", "ClassMethodDeclaration", "LocalVariableDeclaration"),
        *("ImplicitAnsiPort", "ExplicitAnsiPort", "ModportSimplePortList", "ModportSubroutinePortList"),
        *("ModuleDeclaration", "InterfaceDeclaration", "PackageDeclaration", "UdpDeclaration", "ClassDeclaration"),
    }
)
STATEMENTS = frozenset(
    {
        *("EmptyStatement", "ExpressionStatement", "SequentialBlockStatement", "ConditionalStatement"),
        *("CaseStatement", "ForLoopStatement", "ForeachLoopStatement", "LoopStatement", "DoWhileStatement"),
        *("ForeverStatement", "TimingControlStatement", "JumpStatement", "ReturnStatement", "DisableStatement"),
        *("VoidCastedCallStatement", "BlockingEventTriggerStatement", "NonblockingEventTriggerStatement"),
        *("WaitStatement", "ParallelBlockStatement", "ProceduralAssignStatement", "ProceduralDeassignStatement"),
        *("WaitForkStatement", "DisableForkStatement"),
    }
)
INITIAL_STATEMENTS = STATEMENTS - {
    *("ParallelBlockStatement", "WaitStatement", "WaitForkStatement", "DisableForkStatement"),
    *("BlockingEventTriggerStatement", "NonblockingEventTriggerStatement"),
    *("ProceduralAssignStatement", "ProceduralDeassignStatement"),
}
"""In ``initial``, where only values are set: no processes are started there and nothing is waited for."""

MESSAGES = frozenset(
    {
        *(f"${task}{base}" for task in ("display", "write", "monitor", "strobe") for base in ("", *"bho")),
        *("$monitoron", "$monitoroff", "$info", "$warning", "$error", "$timeformat", "$printtimescale"),
        *("$dumpfile", "$dumpvars", "$dumpon", "$dumpoff", "$dumpall", "$dumplimit", "$dumpflush", "$dumpports"),
        *("$assertoff", "$asserton", "$assertkill", "$assertcontrol", "$assertpasson", "$assertpassoff"),
        *("$assertfailon", "$assertfailoff", "$assertnonvacuouson", "$assertvacuousoff", "$static_assert"),
    }
)
"""Tasks that only print, dump or watch: no output of a design depends on them."""
ENDINGS = frozenset({"$finish", "$stop", "$fatal", "$exit"})
"""Tasks that end the simulation: nothing but a message where they stand under a check of parameters."""
RANDOM = frozenset({"$random", "$urandom", "$urandom_range"})
OBSERVATIONS = RANDOM | {"$time", "$stime", "$realtime", "$sformatf", "$sformat", "$swrite", "$typename"}
"""What only a simulator has: no harm where nothing but messages reads it."""
FUNCTIONS = frozenset(
    {
        *("$signed", "$unsigned", "$clog2", "$bits", "$size", "$left", "$right", "$low", "$high", "$increment"),
        *("$dimensions", "$unpacked_dimensions", "$countones", "$countbits", "$onehot", "$onehot0", "$cast"),
        *("$rtoi", "$itor", "$realtobits", "$bitstoreal", "$shortrealtobits", "$bitstoshortreal"),
        *("$ln", "$log10", "$exp", "$sqrt", "$pow", "$floor", "$ceil", "$sin", "$cos", "$tan", "$asin", "$acos"),
        *("$atan", "$atan2", "$hypot", "$sinh", "$cosh", "$tanh", "$asinh", "$acosh", "$atanh", "$abs", "$min", "$max"),
        "$unit",  # the candidate's own text: it is compiled alone
    }
)
"""Functions of their arguments alone."""
ASSERTIONS = frozenset(
    {
        *("ImmediateAssertStatement", "ImmediateAssumeStatement", "ImmediateCoverStatement"),
        *("AssertPropertyStatement", "AssumePropertyStatement", "CoverPropertyStatement", "CoverSequenceStatement"),
        *("RestrictPropertyStatement", "ConcurrentAssertionMember", "ImmediateAssertionMember"),
    }
)
"""They watch a design; what their actions do must be messages."""
WATCHERS = {
    "PropertyDeclaration": "property",
    "SequenceDeclaration": "sequence",
    "CovergroupDeclaration": "covergroup",
    "DefaultDisableDeclaration": "default disable",
    "DefaultClockingReference": "default clocking",
    "SpecifyBlock": "specify block",
    "TimeUnitsDeclaration": "time unit",
}
"""Members that assertions, timing checks and time scales are made of."""
FORBIDDEN = {
    "BindDirective": "bind, which reaches into other modules",
    "ProceduralForceStatement": "force",
    "ProceduralReleaseStatement": "release",
    "RootScope": "$root, the top of the simulation",
    "ConfigDeclaration": "config block",
    "ProgramDeclaration": "program block",
    "AnonymousProgram": "program block",
    "DPIImport": "DPI import: foreign code",
    "DPIExport": "DPI export: foreign code",
    "FinalBlock": "final block",
    "NetAlias": "alias, which joins nets",
}
"""How the usual ones that are on no list are called in messages."""
