import KernelTable

// How a product is cut into blocks, and a block into panels.

#if LEVEL_AVX512
    private let depthBlock = 384
#else
    private let depthBlock = 320
#endif
let rowBlock = 16 &* tileRows
private let columnBlock = 64 &* tileColumns
/// Rows of weights that a step goes through at a time.
let stepRows = 2 &* tileRows

/// The depth of a block, so that all of them are nearly alike.
func deepest(_ k: Int, half: Bool = false) -> Int {
    let limit = half ? depthBlock / 2 : depthBlock
    let count = (k &+ limit &- 1) / limit
    return count > 1 ? (k &+ count &- 1) / count : k
}

/// Floats that the packed operands of one block take.
func blockScratch(_ m: Int, _ n: Int, _ k: Int, _ depth: Int) -> Int {
    // Not the depth itself, which falls when one more block is begun: more of anything never needs less.
    let most = depth == k ? k : depthBlock
    return most &* (least(m, rowBlock) &+ least(n, columnBlock) &+ W) &+ W
}

/// mc rows as panels of nearly the same height: the first `tallCount` have `tall` rows, the others one less.
typealias RowPanels = (tall: Int, tallCount: Int, shortCount: Int)

func rowPanels(_ mc: Int) -> RowPanels {
    let count = (mc &+ tileRows &- 1) / tileRows
    let tall = (mc &+ count &- 1) / count
    let tallCount = mc &- (tall &- 1) &* count
    return (tall, tallCount, count &- tallCount)
}

/// The next columns to go through together. What is left afterwards is nothing, or no less than a vector.
func blockOfColumns(_ left: Int) -> Int {
    if left <= columnBlock { return left }
    return left &- columnBlock < W ? columnBlock &- tileColumns : columnBlock
}

/// The next columns for one tile. Two vectors overlap rather than leave less than one vector for the next tile.
func panelOfColumns(_ left: Int) -> Int {
    if left >= 3 &* W || left == 2 &* W { return 2 &* W }
    return left > 2 &* W ? W : left
}

func packBlock(_ b: F32, _ rowStride: Int, _ columnStride: Int, _ kc: Int, _ nc: Int, _ packed: MF32) {
    var (left, from, to) = (nc, b, packed)
    while left > 0 {
        let columns = panelOfColumns(left)
        if columns > W {
            packColumns(from, rowStride, columnStride, kc, W, to, tileColumns)
            packColumns(from + (columns &- W) &* columnStride, rowStride, columnStride, kc, W, to + W, tileColumns)
            to += tileColumns &* kc
        } else {
            packColumns(from, rowStride, columnStride, kc, columns, to, W)
            to += W &* kc
        }
        from += columns &* columnStride
        left &-= columns
    }
}

func packBlock(_ a: F32, _ rowStride: Int, _ columnStride: Int, _ kc: Int, _ rows: RowPanels, _ packed: MF32) {
    var (from, to) = (a, packed)
    for panel in 0..<(rows.tallCount &+ rows.shortCount) {
        let height = panel < rows.tallCount ? rows.tall : rows.tall &- 1
        packRows(from, rowStride, columnStride, kc, height, to)
        from += height &* rowStride
        to += height &* kc
    }
}
