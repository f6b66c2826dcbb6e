from .majority_vote import majority as majority
from .sieving import sieve as sieve
from .smoothing import smooth as smooth
