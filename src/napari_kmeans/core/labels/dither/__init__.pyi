from .block import dither_block as dither_block
from .choice import Dither as Dither
from .frames import Frame as Frame, framed_regions as framed_regions
from .lazy import map_frames as map_frames
