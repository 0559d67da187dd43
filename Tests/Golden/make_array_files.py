#!/usr/bin/env python3
"""Makes the array files of the Learning tests, `learning/arrays.*`, with NumPy and struct.

    python3 Tests/Golden/make_array_files.py   (numpy)
"""

import pathlib
import struct

import numpy as np

OUT = pathlib.Path(__file__).parent / "learning"
x = (np.arange(24).reshape(4, 2, 3) * 0.5 - 3).astype(np.float32)
y = np.array([0, 2, 1, 2])

np.save(OUT / "arrays-f4.npy", x)
np.save(OUT / "arrays-f8-fortran.npy", np.asfortranarray(x.astype(np.float64)))
np.save(OUT / "arrays-i2-big.npy", np.arange(-4, 4).reshape(4, 2).astype(">i2"))
np.save(OUT / "arrays-labels.npy", y.astype(np.int64))
np.save(OUT / "arrays-object.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
np.savez(OUT / "arrays.npz", x=x, y=y.astype(np.uint8))
np.savez_compressed(OUT / "arrays-compressed.npz", x=x, y=y)
images = (np.arange(24).reshape(4, 2, 3) * 10).astype(np.uint8)
(OUT / "arrays-images.idx3").write_bytes(struct.pack(">BBBBIII", 0, 0, 8, 3, *images.shape) + images.tobytes())
(OUT / "arrays-labels.idx1").write_bytes(struct.pack(">BBBBI", 0, 0, 8, 1, len(y)) + y.astype(np.uint8).tobytes())
