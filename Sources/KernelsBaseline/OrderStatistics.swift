import KernelTable

// Trimmed mean and median, coordinate by coordinate. Two ranks of the rows' values decide both: the lowest and the
// highest value that survives. The result does not depend on the order of the rows, and only what survives is summed: a
// sum minus the extremes would be destroyed by a single 1e30.

extension Level {
    /// Room for a strip of all rows, for what is sorted of one block, and to begin at a line of the cache.
    func sortScratchCount(_ n: Int) -> Int {
        (n &* blocksOfStrip(n) &+ most(workOfSelection, paddedRows(n))) &* W &+ 16
    }
}

private let rowsInRegisters = 16

func paddedRows(_ n: Int) -> Int { (n &+ sortBlock &- 1) / sortBlock &* sortBlock }

extension Level {
    func trimmedMean(_ rows: F32Rows, _ n: Int, _ trim: Int, _ out: MF32, _ count: Int, _ scratch: MF32) -> UInt32 {
        if n <= rowsInRegisters { return fewRows(rows, n, out, count, scratch, .trimmedMean(trim)) }
        return overRanks(rows, n, trim, out, count, scratch) { block, low, high in
            clampedMean(block, n, trim, value(low), value(high))
        }
    }

    func median(_ rows: F32Rows, _ n: Int, _ out: MF32, _ count: Int, _ scratch: MF32) -> UInt32 {
        if n <= rowsInRegisters { return fewRows(rows, n, out, count, scratch, .median) }
        return overRanks(rows, n, (n &- 1) / 2, out, count, scratch) { _, low, high in
            n & 1 == 1 ? value(low) : middle(value(low), value(high))
        }
    }
}
