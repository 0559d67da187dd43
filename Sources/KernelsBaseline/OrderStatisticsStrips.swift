internal import CKernelIntrinsics
import KernelTable

// More rows than the registers hold: a strip of all rows is brought into the first cache, and worked on there.

/// Coordinates of all rows that are brought into the first cache at a time, so that each row is read in whole lines, and
/// rows that lie a power of two apart do not drive each other out.
func blocksOfStrip(_ n: Int) -> Int { (n <= 96 ? 64 : n <= 192 ? 32 : 16) / W }

/// Stores what `result` makes of every block of all rows, one vector after the other, and its vectors of rank `rank` and
/// n − 1 − `rank`.
@inline(__always) func overRanks(
    _ rows: F32Rows, _ n: Int, _ rank: Int, _ out: MF32, _ count: Int, _ scratch: MF32,
    _ result: (_ block: F32, _ low: Key, _ high: Key) -> V
) -> UInt32 {
    guard count > 0 else { return 0 }
    // A vector that lies across two lines of the cache takes twice as long to store.
    let work = scratch + (64 &- Int(bitPattern: scratch) & 63) / 4
    let strip = work + most(workOfSelection, paddedRows(n)) &* W
    var peak = Bits.zero
    if count < W {
        for i in 0..<n {
            let x = loadPart(rows[i], count)
            raise(&peak, x)
            store(strip, i &* W, x)
        }
        ranks(strip, n, rank, work)
        storePart(out, count, unsigned(result(strip, loadKey(work, 0), loadKey(work, 1))))
        return largestLane(peak)
    }
    let width = blocksOfStrip(n) &* W
    // A window of all rows fills a part of the second cache.
    let window = most(1, least(1024, 40_960 / n) / width) &* width
    var (start, row, column) = (0, 0, 0)
    while start < count {
        if start % window == 0 { (row, column) = (0, 0) }
        let ahead = (start / window &+ 1) &* window
        gather(rows, n, start, count, strip, &peak)
        var block = 0
        while block &* W < least(width, count &- start) {
            // The next window is asked for while this one is sorted, a long part of one row after the other: the processor
            // cannot follow so many streams by itself, and memory must not stand still.
            var lines = (n &* W &+ 15) / 16
            while lines > 0 && row < n {
                let place = rows[row] + (ahead &+ column)
                let run = least(lines, (window &- column) / 16)
                for line in 0..<run { tutti_prefetch(place + line &* 16) }
                lines &-= run
                column &+= run &* 16
                if column == window { (row, column) = (row &+ 1, 0) }
            }
            let values = strip + block &* n &* W
            ranks(values, n, rank, work)
            store(out, least(start &+ block &* W, count &- W), unsigned(result(values, loadKey(work, 0), loadKey(work, 1))))
            block &+= 1
        }
        start &+= width
    }
    return largestLane(peak)
}

/// The blocks of the strip from `start`, one after the other, each with its vectors of all rows. The last block ends at
/// `count` and may overlap the one before, which is computed twice.
@inline(never) private func gather(
    _ rows: F32Rows, _ n: Int, _ start: Int, _ count: Int, _ strip: MF32, _ peak: inout Bits
) {
    let blocks = (least(blocksOfStrip(n) &* W, count &- start) &+ W &- 1) / W
    let last = least(start &+ (blocks &- 1) &* W, count &- W)
    var highest = peak
    for i in 0..<n {
        let row = rows[i]
        var (at, to) = (start, strip + i &* W)
        for _ in 1..<blocks {
            let x = load(row, at)
            raise(&highest, x)
            store(to, 0, x)
            at &+= W
            to += n &* W
        }
        let x = load(row, last)
        raise(&highest, x)
        store(to, 0, x)
    }
    peak = highest
}
