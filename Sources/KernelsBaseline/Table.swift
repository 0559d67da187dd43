package import KernelTable

private func makeTable(_ level: KernelLevel) -> KernelTable {
    KernelTable(
        level: level, sgemm: sgemm, sgemmScratchCount: sgemmScratchCount, addBias: addBias, addBiasReLU: addBiasReLU,
        reluBackward: reluBackward, axpy: axpy, scale: scale, subtract: subtract, columnSums: columnSums,
        sumOfSquares: sumOfSquares, maxAbs: maxAbs, allFinite: allFinite, im2col: im2col, col2im: col2im, maxPool: maxPool,
        maxPoolBackward: maxPoolBackward, softmaxCrossEntropy: softmaxCrossEntropy,
        softmax: softmax, argmaxCorrect: argmaxCorrect, sgdStep: sgdStep, proximal: proximal, accumulateFixedPoint: accumulateFixedPoint,
        finishFixedPoint: finishFixedPoint, trimmedMean: trimmedMean, median: median,
        sortScratchCount: sortScratchCount, peakMultiplyAdd: peakMultiplyAdd, readSum: readSum)
}

#if LEVEL_AVX512
    package let kernelTableAVX512 = makeTable(.avx512)
#elseif LEVEL_AVX2
    package let kernelTableAVX2 = makeTable(.avx2)
#else
    package let kernelTableBaseline = makeTable(.baseline)
#endif
