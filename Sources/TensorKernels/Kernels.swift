internal import CKernelIntrinsics
package import KernelTable
internal import KernelsBaseline

#if arch(x86_64)
internal import KernelsAVX2
internal import KernelsAVX512
#endif
#if canImport(Glibc)
internal import Glibc
#endif

/// The kernels of this machine.
package enum Kernels {
    /// The highest level the processor has, or the lower one that `TUTTI_KERNEL_LEVEL` (`baseline`, `avx2`, `avx512`)
    /// asks for.
    package static let active: KernelTable = {
        var level = available.last ?? .baseline
        if let name = getenv("TUTTI_KERNEL_LEVEL").map({ String(cString: $0) }),
            let asked = available.first(where: { "\($0)" == name })
        {
            level = asked
        }
        return table(level) ?? kernelTableBaseline
    }()

    /// The levels this processor can run, lowest first.
    package static let available: [KernelLevel] = {
        let highest = Int(tutti_kernel_level())
        return KernelLevel.allCases.filter { $0.rawValue <= highest }
    }()

    /// nil where the processor, or the architecture, does not have the level.
    package static func table(_ level: KernelLevel) -> KernelTable? {
        guard available.contains(level) else { return nil }
        switch level {
        case .baseline: return kernelTableBaseline
        #if arch(x86_64)
        case .avx2: return kernelTableAVX2
        case .avx512: return kernelTableAVX512
        #else
        case .avx2, .avx512: return nil
        #endif
        }
    }
}
