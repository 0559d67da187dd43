package typealias F32 = UnsafePointer<Float>
package typealias MF32 = UnsafeMutablePointer<Float>
/// The starts of rows of equal length.
package typealias F32Rows = UnsafePointer<F32>
/// Class numbers, or numbers of rows of a table.
package typealias Indices = UnsafePointer<Int32>

/// The instruction set a table of kernels was compiled for.
package enum KernelLevel: Int, Sendable, CaseIterable, Comparable {
    case baseline, avx2, avx512

    package static func < (a: KernelLevel, b: KernelLevel) -> Bool { a.rawValue < b.rawValue }
}

/// The numerical kernels of one instruction-set level, as functions over buffers; a `KernelTable` is the choice of
/// one level at run time.
///
/// Only pointers and scalars cross this boundary: a SIMD value would be passed differently by each level. Matrices are
/// row-major with explicit strides in elements. No kernel allocates, and none checks: sizes and overlap are the
/// caller's duty (`TensorKernels` is above), and buffers may have any alignment.
///
/// The kernels marked *bit-equal* give the same bits at every level, because they only use operations in an order that
/// does not depend on the vector width. The others may differ between levels by rounding.
package protocol KernelSet:
    MatrixKernels, ElementwiseKernels, ConvolutionKernels, LossKernels, TransformerKernels, TrainingKernels, ReductionKernels, AggregationKernels,
    PackingKernels, ProbeKernels,
    Sendable
{
    var level: KernelLevel { get }
}

package typealias KernelTable = any KernelSet
