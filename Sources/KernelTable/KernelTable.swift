package typealias F32 = UnsafePointer<Float>
package typealias MF32 = UnsafeMutablePointer<Float>

/// The instruction set a table of kernels was compiled for.
package enum KernelLevel: Int, Sendable, CaseIterable, Comparable {
    case baseline, avx2, avx512

    package static func < (a: KernelLevel, b: KernelLevel) -> Bool { a.rawValue < b.rawValue }
}

/// The numerical kernels of one instruction-set level, as functions over buffers.
///
/// Only pointers and scalars cross this boundary: a SIMD value would be passed differently by each level. Matrices are
/// row-major with explicit strides in elements. No kernel allocates, and none checks: sizes and overlap are the
/// caller's duty (`TensorKernels` is above), and buffers may have any alignment.
///
/// The kernels marked *bit-equal* give the same bits at every level, because they only use operations in an order that
/// does not depend on the vector width. The others may differ between levels by rounding.
package struct KernelTable: Sendable {
    package typealias Sgemm =
        @Sendable (
            _ m: Int, _ n: Int, _ k: Int,
            _ a: F32, _ rowStrideA: Int, _ columnStrideA: Int,
            _ b: F32, _ rowStrideB: Int, _ columnStrideB: Int,
            _ c: MF32, _ rowStrideC: Int, _ accumulate: Bool, _ scratch: MF32
        ) -> Void
    package typealias Rows = UnsafePointer<F32>

    package var level: KernelLevel

    // MARK: Matrix product

    /// C[m,n] = A[m,k]·B[k,n], or += with `accumulate`; any m, n, k ≥ 0. An operand stored transposed is read through
    /// its strides; one of the two should be 1. C overlaps neither. `scratch`: `sgemmScratchCount(m, n, k)` floats.
    package var sgemm: Sgemm
    package var sgemmScratchCount: @Sendable (_ m: Int, _ n: Int, _ k: Int) -> Int

    // MARK: Elementwise

    /// y[rows,columns] += bias[columns]
    package var addBias: @Sendable (_ y: MF32, _ bias: F32, _ rows: Int, _ columns: Int) -> Void
    /// y = max(y + bias, 0)
    package var addBiasReLU: @Sendable (_ y: MF32, _ bias: F32, _ rows: Int, _ columns: Int) -> Void
    /// dy = 0 where y ≤ 0
    package var reluBackward: @Sendable (_ dy: MF32, _ y: F32, _ count: Int) -> Void
    /// y += a·x
    package var axpy: @Sendable (_ y: MF32, _ x: F32, _ a: Float, _ count: Int) -> Void
    /// y *= a
    package var scale: @Sendable (_ y: MF32, _ a: Float, _ count: Int) -> Void
    /// out = a − b
    package var subtract: @Sendable (_ out: MF32, _ a: F32, _ b: F32, _ count: Int) -> Void

    // MARK: Reductions

    /// out[columns] = Σ over rows of x[rows,columns]
    package var columnSums: @Sendable (_ x: F32, _ rows: Int, _ columns: Int, _ out: MF32) -> Void
    /// Σ x², summed in Double. *Bit-equal.*
    package var sumOfSquares: @Sendable (_ x: F32, _ count: Int) -> Double
    /// max |x|; NaN is skipped, so ask `allFinite` first. *Bit-equal.*
    package var maxAbs: @Sendable (_ x: F32, _ count: Int) -> Float
    /// No NaN and no infinity. *Bit-equal.*
    package var allFinite: @Sendable (_ x: F32, _ count: Int) -> Bool

    // MARK: Convolution (bit-equal)

    /// patches[batch·height·width, kernel·kernel·channels]: for every place of every image [height, width, channels] the
    /// square window around it, row by row; zeros beyond the edge. `kernel` is odd. *Bit-equal.*
    package var im2col:
        @Sendable (
            _ x: F32, _ batch: Int, _ height: Int, _ width: Int, _ channels: Int, _ kernel: Int, _ patches: MF32
        ) -> Void
    /// The adjoint: every element of a window is added to the place it was read from. *Bit-equal.*
    package var col2im:
        @Sendable (
            _ patches: F32, _ batch: Int, _ height: Int, _ width: Int, _ channels: Int, _ kernel: Int, _ x: MF32
        ) -> Void
    /// y[batch, height/size, width/size, channels]: the largest of each window of size × size, the first of several;
    /// `chosen` says where in x each came from (so x has at most 2^31 elements). What no window covers is left out.
    /// *Bit-equal.*
    package var maxPool:
        @Sendable (
            _ x: F32, _ batch: Int, _ height: Int, _ width: Int, _ channels: Int, _ size: Int, _ y: MF32,
            _ chosen: UnsafeMutablePointer<Int32>
        ) -> Void
    /// dx[dxCount] = dy at the chosen places, 0 elsewhere. *Bit-equal.*
    package var maxPoolBackward: @Sendable (_ dy: F32, _ chosen: UnsafePointer<Int32>, _ count: Int, _ dx: MF32, _ dxCount: Int) -> Void

    // MARK: Loss and optimiser

    /// In place: logits[rows,columns] become `scale`·(softmax − onehot(labels)). Returns the sum over rows of the
    /// cross-entropy −log softmax[label], in nats; NaN when a logit is not finite. Labels are below `columns`.
    package var softmaxCrossEntropy: @Sendable (_ logits: MF32, _ labels: UnsafePointer<Int32>, _ rows: Int, _ columns: Int, _ scale: Float) -> Double
    /// In place: each row becomes its softmax.
    package var softmax: @Sendable (_ logits: MF32, _ rows: Int, _ columns: Int) -> Void
    /// How many rows have their largest element, the first of several, at the label. *Bit-equal.*
    package var argmaxCorrect: @Sendable (_ logits: F32, _ labels: UnsafePointer<Int32>, _ rows: Int, _ columns: Int) -> Int
    /// v = momentum·v + (g + weightDecay·w); w −= learningRate·v
    package var sgdStep:
        @Sendable (
            _ w: MF32, _ v: MF32, _ g: F32, _ count: Int, _ learningRate: Float, _ momentum: Float, _ weightDecay: Float
        ) -> Void
    /// g += mu·(w − anchor): the gradient of FedProx's proximal term (arXiv 1812.06127, eq. 2).
    package var proximal: @Sendable (_ g: MF32, _ w: F32, _ anchor: F32, _ mu: Float, _ count: Int) -> Void

    // MARK: Aggregation (bit-equal)

    /// acc += rne(Double(x)·factor). The caller guarantees |x·factor| < 2^51. *Bit-equal.*
    package var accumulateFixedPoint: @Sendable (_ acc: UnsafeMutablePointer<Int64>, _ x: F32, _ count: Int, _ factor: Double) -> Void
    /// out = Float(Double(acc)/divisor). *Bit-equal.*
    package var finishFixedPoint: @Sendable (_ out: MF32, _ acc: UnsafePointer<Int64>, _ count: Int, _ divisor: Double) -> Void
    /// Coordinate-wise mean of what is left when the `trim` smallest and largest of n values are cut off
    /// (Yin et al. 2018, arXiv 1803.01498). 0 ≤ trim, 2·trim < n, n ≥ 1. Does not depend on the order of the rows, which
    /// are finite; overflows where the survivors' sum does. `scratch`: `sortScratchCount(n)` floats. *Bit-equal.*
    package var trimmedMean: @Sendable (_ rows: Rows, _ n: Int, _ trim: Int, _ out: MF32, _ count: Int, _ scratch: MF32) -> Void
    /// Coordinate-wise median; the mean of the middle two for even n. Does not depend on the order of the rows.
    /// *Bit-equal.*
    package var median: @Sendable (_ rows: Rows, _ n: Int, _ out: MF32, _ count: Int, _ scratch: MF32) -> Void
    package var sortScratchCount: @Sendable (_ n: Int) -> Int

    // MARK: Probes of the machine's limits

    /// Dependent chains of multiply-adds that fill the units; returns the number of floating-point operations done.
    package var peakMultiplyAdd: @Sendable (_ iterations: Int, _ sink: MF32) -> Int
    /// Reads every element once.
    package var readSum: @Sendable (_ x: F32, _ count: Int) -> Float

    package init(
        level: KernelLevel, sgemm: @escaping Sgemm, sgemmScratchCount: @escaping @Sendable (Int, Int, Int) -> Int,
        addBias: @escaping @Sendable (MF32, F32, Int, Int) -> Void,
        addBiasReLU: @escaping @Sendable (MF32, F32, Int, Int) -> Void,
        reluBackward: @escaping @Sendable (MF32, F32, Int) -> Void,
        axpy: @escaping @Sendable (MF32, F32, Float, Int) -> Void,
        scale: @escaping @Sendable (MF32, Float, Int) -> Void,
        subtract: @escaping @Sendable (MF32, F32, F32, Int) -> Void,
        columnSums: @escaping @Sendable (F32, Int, Int, MF32) -> Void,
        sumOfSquares: @escaping @Sendable (F32, Int) -> Double,
        maxAbs: @escaping @Sendable (F32, Int) -> Float,
        allFinite: @escaping @Sendable (F32, Int) -> Bool,
        im2col: @escaping @Sendable (F32, Int, Int, Int, Int, Int, MF32) -> Void,
        col2im: @escaping @Sendable (F32, Int, Int, Int, Int, Int, MF32) -> Void,
        maxPool: @escaping @Sendable (F32, Int, Int, Int, Int, Int, MF32, UnsafeMutablePointer<Int32>) -> Void,
        maxPoolBackward: @escaping @Sendable (F32, UnsafePointer<Int32>, Int, MF32, Int) -> Void,
        softmaxCrossEntropy: @escaping @Sendable (MF32, UnsafePointer<Int32>, Int, Int, Float) -> Double,
        softmax: @escaping @Sendable (MF32, Int, Int) -> Void,
        argmaxCorrect: @escaping @Sendable (F32, UnsafePointer<Int32>, Int, Int) -> Int,
        sgdStep: @escaping @Sendable (MF32, MF32, F32, Int, Float, Float, Float) -> Void,
        proximal: @escaping @Sendable (MF32, F32, F32, Float, Int) -> Void,
        accumulateFixedPoint: @escaping @Sendable (UnsafeMutablePointer<Int64>, F32, Int, Double) -> Void,
        finishFixedPoint: @escaping @Sendable (MF32, UnsafePointer<Int64>, Int, Double) -> Void,
        trimmedMean: @escaping @Sendable (Rows, Int, Int, MF32, Int, MF32) -> Void,
        median: @escaping @Sendable (Rows, Int, MF32, Int, MF32) -> Void,
        sortScratchCount: @escaping @Sendable (Int) -> Int,
        peakMultiplyAdd: @escaping @Sendable (Int, MF32) -> Int,
        readSum: @escaping @Sendable (F32, Int) -> Float
    ) {
        self.level = level
        self.sgemm = sgemm
        self.sgemmScratchCount = sgemmScratchCount
        self.addBias = addBias
        self.addBiasReLU = addBiasReLU
        self.reluBackward = reluBackward
        self.axpy = axpy
        self.scale = scale
        self.subtract = subtract
        self.columnSums = columnSums
        self.sumOfSquares = sumOfSquares
        self.maxAbs = maxAbs
        self.allFinite = allFinite
        self.im2col = im2col
        self.col2im = col2im
        self.maxPool = maxPool
        self.maxPoolBackward = maxPoolBackward
        self.softmaxCrossEntropy = softmaxCrossEntropy
        self.softmax = softmax
        self.argmaxCorrect = argmaxCorrect
        self.sgdStep = sgdStep
        self.proximal = proximal
        self.accumulateFixedPoint = accumulateFixedPoint
        self.finishFixedPoint = finishFixedPoint
        self.trimmedMean = trimmedMean
        self.median = median
        self.sortScratchCount = sortScratchCount
        self.peakMultiplyAdd = peakMultiplyAdd
        self.readSum = readSum
    }
}
