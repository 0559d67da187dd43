import KernelTable
import WorkSharing

/// A kernel over coordinates of all updates; gives the bits of the largest magnitude it saw.
typealias SortingKernel = @Sendable (KernelTable, F32Rows, MF32, Int, MF32) -> UInt32

/// Shares a kernel's columns among workers. What is computed of a column does not depend on who does it, nor with which others.
struct SortingCrew {
    private let crew: Crew
    private let table: KernelTable
    private let updates: Int
    private let kernel: SortingKernel
    /// Room of its own for each worker, lines of the cache apart.
    private let scratch: UnsafeMutablePointer<Float>
    private let scratchEach: Int
    /// Fewer columns are not worth telling somebody.
    private static let columnsMin = 1024

    init(_ crew: Crew, _ table: KernelTable, updates: Int, _ kernel: @escaping SortingKernel) {
        self.crew = crew
        self.table = table
        self.updates = updates
        self.kernel = kernel
        scratchEach = (table.sortScratchCount(updates) + 63) / 64 * 64
        scratch = .allocate(capacity: max(1, crew.workers * scratchEach))
    }

    func dismiss() { scratch.deallocate() }

    /// - Returns: the bits of the largest magnitude in all columns.
    func run(_ rows: [UnsafePointer<Float>], _ out: UnsafeMutablePointer<Float>, _ count: Int) -> UInt32 {
        // Whole lines of the cache, and some parts for each: the last one is not waited for long.
        let width = max(Self.columnsMin, (count / (4 * crew.workers) + 63) / 64 * 64)
        guard crew.workers > 1, width < count else { return kernel(table, rows, out, count, scratch) }
        let parts = (count + width - 1) / width
        var peaks = [UInt32](repeating: 0, count: parts)
        peaks.withUnsafeMutableBufferPointer { peaks in
            // Every part has columns, a peak and, while it runs, a worker of its own.
            nonisolated(unsafe) let (rows, out, peaks) = (rows, out, peaks)
            nonisolated(unsafe) let scratch = scratch
            let (table, kernel, scratchEach) = (table, kernel, scratchEach)
            crew.forEach(parts) { part, worker in
                let start = part * width
                let columns = rows.map { $0 + start }
                peaks[part] = kernel(table, columns, out + start, min(width, count - start), scratch + worker * scratchEach)
            }
        }
        return peaks.max() ?? 0
    }
}
