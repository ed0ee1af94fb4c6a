"""Words of the problems that are made up, and the Verilog that they ask for."""

LOGIC = {"sum": "{} + {}", "difference": "{} - {}", "AND": "{} & {}", "OR": "{} | {}", "XOR": "{} ^ {}"}
OPERATIONS = {
    **LOGIC,
    "NAND": "~({} & {})",
    "NOR": "~({} | {})",
    "XNOR": "~({} ^ {})",
    "larger": "{0} > {1} ? {0} : {1}",
    "smaller": "{0} < {1} ? {0} : {1}",
}
INPUTS = ("a", "b", "c")
WIDTHS = range(1, 9)
