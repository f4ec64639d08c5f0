"""The pictures of the gallery: for each the call that makes it, and in words what one sees."""

from __future__ import annotations

import re
from typing import NamedTuple


class Entry(NamedTuple):
    """Hold a picture's file name, its call, and what it shows to who cannot see it."""

    name: str
    call: str
    alt: str

    @property
    def file(self) -> str:
        """Return the name of its file: that in the call if it writes one, else an SVG or text."""
        written = re.search(r'"(\w+\.html)"', self.call)
        ending = ".txt" if self.call.startswith("viz.text(") else ".svg"
        return written[1] if written else self.name + ending


README = (
    "convolution", "neuron", "player_frame", "mlp_summary", "decision_boundary", "gradient_flow",
)  # fmt: skip

SECTIONS: dict[str, list[Entry]] = {
    "Values": [
        Entry("neuron", "viz.draw(o)",
              "The worked neuron o = tanh(x1·w1 + x2·w2 + b) from left to right, a box for each of "
              "its ten values with data and gradient, and the local derivative on each arrow"),
        Entry("contributions", "viz.draw(o, contribution=True)",
              "The same neuron; each arrow also multiplies its local derivative by the gradient "
              "that comes from the right"),
        Entry("fractions", "viz.draw(exact)",
              "z = x·x·y + x/y with x = 2/3 and y = 5/7: data, gradients and local derivatives are "
              "exact fractions"),
        Entry("one_path", "viz.draw(loss, only=w)",
              "The strongest of the paths from one weight of a network to its loss, in a row; what "
              "else its values were computed from is named at the side"),
        Entry("largest_gradients", "viz.draw(loss, only=viz.largest(8))",
              "The eight values of a network whose gradients are largest"),
        Entry("rounds", "viz.draw(newton)",
              "A loop of 250 rounds, folded: the first and the last round are drawn, and how "
              "often it repeats"),
        Entry("text", "viz.text(o)",
              "The worked neuron as a table of text, for the terminal"),
    ],
    "The backward pass, step by step": [
        Entry("player_frame", "viz.frame(o, 19)",
              "Step 19 of 20 of the backward player: the gradient goes from the first product back "
              "to x1, whose box and arrow are thick; below stands do/dx1 = do/dv1 · ∂v1/∂x1, "
              "0.5 · (-3) = -1.5; the gradient of w1 is still empty"),
        Entry("frame_forward", "viz.frame(o, 8)",
              "Step 8 of 20, on the way forward: a sum gets its value, all to the right of it is "
              "faint"),
        Entry("player", 'viz.player(o, "player.html")',
              "The player: buttons, a slider, the neuron, and the list of all steps"),
    ],
    "For a class": [
        Entry("worksheet", 'viz.worksheet(n=2).save("worksheet.html")',
              "Two expressions as diagrams with blank boxes for data and gradients"),
        Entry("worksheet_key", 'viz.worksheet(n=2).save_answers("worksheet_key.html")',
              "The same two expressions with all boxes filled in and the chain rule below"),
    ],
    "Networks": [
        Entry("mlp_summary", "viz.draw(said, model=mlp)",
              "A network of 2 inputs and layers of 3, 3 and 1 neurons: a box for each neuron with "
              "data and gradient of its weights, bias, sum and output; lines between them, the "
              "wider the larger the gradient, blue for positive and dashed orange for negative "
              "weights"),
        Entry("full", 'viz.draw(loss, view="full", model=mlp)',
              "Every operation of the same network from top to bottom, a frame around each neuron"),
        Entry("neurons", "viz.draw(loss, model=mlp, depth=2)",
              "The same network folded: one line for each neuron"),
        Entry("layers", "viz.draw(model=deep, depth=1)",
              "A deep network folded: a box for each layer, equal ones in one"),
        Entry("modules", "viz.draw(answer, model=residual)",
              "A model of modules inside modules: a box for each, what flows between them, and the "
              "way around a residual block"),
        Entry("convolution", 'viz.draw(seen, "summary", model=sight)',
              "A convolutional network as a row of boxes: a convolution with its four kernels of "
              "3 × 3 weights as small images, a pooling, a layer, the loss; in each box the number "
              "of parameters and values and the largest data and gradient among them"),
        Entry("memory", 'viz.draw(recalled, "summary", model=memory)',
              "An LSTM that ran for 20 steps as one box, with a line for each of its gates"),
        Entry("network", "viz.network(mlp, [1.0, -0.5])",
              "The same network as circles and lines, with activations in the circles"),
        Entry("network_gradients", 'viz.network(mlp, graph=loss, show="gradients")',
              "The same drawing with the gradients of weights and neurons"),
        Entry("weights", "viz.weights(mlp)",
              "The weights of each layer as an image, brown below and blue above zero"),
        Entry("filters", "viz.filters(reader, (8, 8))",
              "The weights of 16 neurons that look at digits, each as an image of 8 × 8 pixels"),
        Entry("attention", "viz.attention(heed, words)",
              "How much each word of a sentence attends to each other one, as a table of shades"),
    ],
    "Training": [
        Entry("training_curves", "viz.training_curves(history)",
              "Loss and accuracy by epoch, for training and validation, the best epoch marked"),
        Entry("decision_boundary", "viz.boundary(model, X, y, points=61)",
              "Two half-moons of points, blue circles and orange squares; the plane behind them is "
              "coloured and hatched by the class that the network gives it, darker where it is "
              "surer, with a curved boundary between them; rings mark the few points on the "
              "wrong side"),
        Entry("gradient_flow", "viz.gradient_flow(relus, X)",
              "Left, a histogram of the sizes of the gradients in each of five layers, the median "
              "marked, with a count of those that are exactly 0. Right, the slopes of the ReLUs on "
              "the samples, as bars: in layer 4 five of six are 0, and 6 of its 8 units are dead"),
        Entry("updates", "viz.gradient_flow(sigmoids, X, recorder=steps)",
              "The same of a network of sigmoids, whose gradients shrink about a thousandfold from "
              "the last layer to the first; a third panel has the size of each training step "
              "beside that of the weights"),
        Entry("landscape", 'viz.landscape(model, cost, recorder, directions="pca", points=side)',
              "Contours of the loss around the trained weights, and the way that training took"),
        Entry("surface", "viz.surface(climber, places, hill(places), hill)",
              "Three maps: the true surface, what the network says, and the difference"),
        Entry("activations", "viz.activations()",
              "Twelve activation functions, each with its derivative dashed"),
        Entry("report", 'viz.report(history, model, "report.html")',
              "The report of a training: summary, curves, every epoch and the network"),
    ],
}  # fmt: skip
