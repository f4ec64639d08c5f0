"""Data before training: split, scale, encode, clean, batch, augment, stream; NumPy arrays."""

from nn.data.alphabet import Alphabet as Alphabet
from nn.data.augmentation import augmented as augmented
from nn.data.augmentation import noisy as noisy
from nn.data.augmentation import randomly_shifted as randomly_shifted
from nn.data.augmentation import shifted as shifted
from nn.data.batches import batch_indices as batch_indices
from nn.data.batches import batches as batches
from nn.data.cleaning import Missing as Missing
from nn.data.cleaning import drop_missing as drop_missing
from nn.data.cleaning import fill_missing as fill_missing
from nn.data.cleaning import find_missing as find_missing
from nn.data.encoding import class_numbers as class_numbers
from nn.data.encoding import from_one_hot as from_one_hot
from nn.data.encoding import one_hot as one_hot
from nn.data.outliers import clip_outliers as clip_outliers
from nn.data.outliers import drop_outliers as drop_outliers
from nn.data.outliers import find_outliers as find_outliers
from nn.data.outliers import outlier_bounds as outlier_bounds
from nn.data.padding import padded as padded
from nn.data.padding import with_mask as with_mask
from nn.data.scaling import MinMaxScaler as MinMaxScaler
from nn.data.scaling import Standardiser as Standardiser
from nn.data.splitting import k_fold as k_fold
from nn.data.splitting import split as split
from nn.data.splitting import split_indices as split_indices
from nn.data.stream import Stream as Stream
