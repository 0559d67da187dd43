package import KernelTable

// The kernels are members of one type of each level; the files beside this one extend it, family by family. The type
// stores nothing: copying a value that did would be a function that the compiler shares between modules.
#if LEVEL_AVX512
    struct AVX512: KernelSet { var level: KernelLevel { .avx512 } }
    typealias Level = AVX512
    package let kernelTableAVX512: KernelTable = AVX512()
#elseif LEVEL_AVX2
    struct AVX2: KernelSet { var level: KernelLevel { .avx2 } }
    typealias Level = AVX2
    package let kernelTableAVX2: KernelTable = AVX2()
#else
    struct Baseline: KernelSet { var level: KernelLevel { .baseline } }
    typealias Level = Baseline
    package let kernelTableBaseline: KernelTable = Baseline()
#endif
