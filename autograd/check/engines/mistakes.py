"""The classic mistakes of engines, as `check_engine` names them behind a failure."""

NO_NUMBER = (
    "there is something else where a number should be: an operator returned no Value, or a rule "
    "computes with the Values themselves where their `data` is meant"
)
ASSIGNED = (
    "`grad` is assigned with = where += is needed: a value that is used twice gets a gradient "
    "from each use"
)
ORDER = (
    "no topological order: the gradient of a value was passed on before everything computed from "
    "the value had added to it"
)
CHAIN = "the chain rule is forgotten: a local derivative must be multiplied by `out.grad`"
EQUAL = (
    "values with equal data are taken for one and the same: with an __eq__ that compares data, "
    "sets, dicts and `in` lose nodes; leave __eq__ and __hash__ to identity"
)
IN_PLACE = "`a += b` changes a itself (__iadd__), and with it the graph that has used a before"
PLAIN = (
    "a plain number is not turned into a Value where it stands beside one: "
    "`other if isinstance(other, Value) else Value(other)`"
)
VALUE = "the number itself is wrong: the operation computes something else, or adds a small number"
LOCAL = (
    "a local derivative is wrong: a sign, a factor or an exponent is lost, or input and output "
    "are mistaken for each other"
)
OVERFLOW = (
    "the formula overflows on its way to a finite answer, as 1 / (1 + exp(-x)) and "
    "(exp(2x) - 1) / (exp(2x) + 1) do: math.exp raises above 709"
)
TOO_LARGE = "math.exp and ** of floats raise OverflowError where IEEE 754 has inf"
CANCELS = (
    "a derivative computed as 1 - y or 1 - y**2 loses its digits where the output y is next to 1: "
    "write it in terms that do not cancel"
)
FACTOR = "each factor's gradient takes the data of the other factor, not its own"
MINUS = "the minus sign of the local derivative is missing"
DIVISOR = "the gradient of the divisor is wrong: it has a minus sign, and the divisor twice below"
POWER = "the local derivative of a power is wrong: the exponent in front, and one less above"
BASE = "** fails for a negative base: exp(exponent * log(base)) has no logarithm there"
EXPONENT = "** is right for some exponents only: it may be negative, a fraction, or 0"
START = "Python's sum starts from the number 0: it needs __radd__"
DROPPED = "the exponent is taken for a constant: its own gradient is dropped"
REFUSED = "NumPy's numbers are refused beside a Value: __add__ accepts int and float only"
SEIZED = (
    "NumPy's own * goes first and makes something else of a Value: set __array_priority__, or "
    "__array_ufunc__ = None"
)
UNKNOWN = "each operation is right alone, but not all that meet in this program"
STALE = (
    "the gradients of interior values are left over from the backward pass before and are added "
    "to: every pass must begin with interior gradients of 0"
)
KEPT = (
    "a second pass stops where the first one was, or repeats it: marks of visited values, or a "
    "sorted list, are kept from one pass to the next"
)
LEAF = "a leaf has no operation to go back through: its backward() must set its own grad to 1"
SEED = "backward() must set the gradient of the value it is called on to 1"
LATE = "backward() reaches values that are no inputs of the one it is called on"
DATA = "backward() changes the data: only an optimiser's step may"
ZERO = "gradients set to zero are not used from then on: the graph keeps copies of them"
STEP = "`data` that a step has changed is not read by the next graph: it is kept elsewhere too"
INTERIOR = "interior gradients are not those of the chain rule, though the leaves' are"
LARGE = "right in small graphs and wrong in a large one: something is cut off or counted twice"
RECURSION = (
    "the sort calls itself once for each value, so that Python's or C's stack is full where the "
    "graph is deep: keep a list of what is still to do instead"
)
PATHS = (
    "the backward pass, or its sort, goes along every path, and there are 2**60 of them: visit "
    "each value once"
)
QUADRATIC = "the cost grows faster than the graph: look nodes up in a set, not in a list"
CYCLES = (
    "a value and its `_backward` closure refer to each other, or a nested recursive function to "
    "itself: such cycles keep a graph until the garbage collector comes; pass rules their output"
)
DIED = "the engine's own stack is full, or it reads freed memory: free and visit graphs in a loop"
UNEXPECTED = "the engine raises an exception here"
