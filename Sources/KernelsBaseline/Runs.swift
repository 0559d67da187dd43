import KernelTable

// Runs of floats, as parts of larger kernels.

@inline(__always) func zeroRun(_ out: MF32, _ count: Int) {
    var j = 0
    while j &+ W <= count {
        store(out, j, V.zero)
        j &+= W
    }
    while j < count {
        out[j] = 0
        j &+= 1
    }
}

/// The last vector ends with the run and overlaps the one before.
@inline(__always) func copyRun(_ out: MF32, _ from: F32, _ count: Int) {
    var j = 0
    while j &+ W <= count {
        store(out, j, load(from, j))
        j &+= W
    }
    if j > 0 {
        if j < count { store(out, count &- W, load(from, count &- W)) }
        return
    }
    while j < count {
        out[j] = from[j]
        j &+= 1
    }
}

@inline(__always) func addRun(_ out: MF32, _ from: F32, _ count: Int) {
    var j = 0
    while j &+ W <= count {
        store(out, j, load(out, j) + load(from, j))
        j &+= W
    }
    while j < count {
        out[j] += from[j]
        j &+= 1
    }
}
